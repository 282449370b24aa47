/// Everything that one role can say to another.
///
/// `schemas/frames.md` says how each looks on the wire.
///
/// Three kinds of link carry them, each from a client (ZeroMQ DEALER) to a server (ROUTER):
///
/// | link | client → server | server → client |
/// |---|---|---|
/// | edge → coordinator | hello submit cancel manage | welcome accepted refused positions lost cancelled |
/// | | | models managed |
/// | worker → coordinator | hello credit taken declined done stock | welcome lease cancel drain load unload |
/// | worker → edge | hello tokens | welcome ack resume abandon |
///
/// Where a stream changes its edge: `seek` goes from the edge to the coordinator and on to workers and edges,
/// `handover` or `unfound` comes back that way, `claim` goes to the worker, and `moved` from there to the
/// former edge. A coordinator answers a submission with `twin` where the request came before, at another
/// edge.
///
/// `resync heartbeat busy bye error` go both ways. Besides, workers tell the coordinator what decides where a
/// job is best put: `holdings holdingsDigest workerLoad`, and it may ask them to `recountHoldings`. A
/// coordinator that stands by is a client of the one that serves, and says `hello` and `heartbeat`.
public enum Message: Hashable, Sendable {
    case hello(Hello)
    case welcome(Welcome)
    /// "I lost track of you: say hello again."
    case resync
    case heartbeat(Heartbeat)
    /// "I shall be silent for this long; do not take me for dead."
    case busy(milliseconds: UInt32)
    /// "I am leaving on purpose."
    case bye
    case error(ErrorCode, detail: String)

    case submit(Submission)
    case cancel(JobID, Attempt)
    case accepted(JobID, Attempt)
    case refused(JobID, Attempt, Refusal)
    case positions([QueuePosition])
    case cancelled(JobID, Attempt)
    case lost(JobID, Attempt, LossReason)
    case models([ModelCard])

    case lease(Lease)
    case drain
    case credit(Credit)
    case taken(JobID, Attempt)
    case declined(JobID, Attempt, Decline)
    case done(JobID, Attempt, LeaseOutcome)

    case holdings(HoldingsReport)
    case holdingsDigest(HoldingsDigest)
    /// "My book of what you hold is not yours: tell all of it again."
    case recountHoldings
    case workerLoad(WorkerLoad)
    case load(ModelOrder)
    case unload(ModelOrder)
    /// What has changed of a worker's models.
    case stock([ModelStock])
    case manage(ManageRequest)
    case managed(ManageReply)

    case tokens([TokenRecord])
    case ack([Acknowledgement])
    case resume(JobID, Attempt, from: UInt32)
    case abandon(JobID, Attempt)

    /// "Who has this stream?", asked for the edge that its client came to.
    case seek(JobID, by: NodeID)
    case handover(Handover)
    /// "I do not have the stream that this edge looks for"; from a coordinator: "nobody has it".
    case unfound(JobID, by: NodeID)
    case claim(Claim)
    /// "Another edge owns this job now."
    case moved(JobID, Attempt)
    /// "There is another job of the same key already."
    case twin(JobID, Attempt, of: JobID)
}

/// The first word on a link and the answer to `resync`: the sender's whole state, as far as the receiver
/// needs it.
public struct Hello: Hashable, Sendable {
    public enum Role: String, Sendable {
        case edge
        case worker
        /// One that stands by, to the one that serves.
        case coordinator
    }

    public var role: Role
    /// Where this edge takes tokens; empty for a worker.
    public var tokenEndpoint: String
    /// A worker's models; empty for an edge, and on a token link.
    public var models: [ModelCard]
    /// Every job that the sender holds and that has not ended for it.
    public var jobs: [HeldJob]
    /// Build, instruction set and weights: exact continuation prefers a match.
    public var fingerprint: String
    /// What an edge makes the keys of prefix links from, if it has been told; see `Welcome`.
    public var prefixSecret: [UInt8] = []
    /// All that a worker has or could load; nil for an edge, on a token link, and from a worker that takes no
    /// orders.
    public var pool: WorkerPool?

    public init(
        role: Role,
        tokenEndpoint: String = "",
        models: [ModelCard] = [],
        jobs: [HeldJob] = [],
        fingerprint: String = "",
        pool: WorkerPool? = nil
    ) {
        self.role = role
        self.tokenEndpoint = tokenEndpoint
        self.models = models
        self.jobs = jobs
        self.fingerprint = fingerprint
        self.pool = pool
    }
}

/// A job in a `Hello`.
public struct HeldJob: Hashable, Sendable {
    public var job: JobID
    public var attempt: Attempt
    /// The edge that owns it.
    public var edge: NodeID
    /// Whether tokens may still come: from a worker, false means that only the acknowledgement is missing;
    /// from an edge, true means that a worker has opened the stream.
    public var running: Bool
    /// Who runs it, as far as an edge knows.
    public var worker: NodeID?
    public var lane: Lane
    public var model: String
    /// What it counts against the worker's credit.
    public var charge: Charge
    /// Whose job it is.
    public var tenant: String
    /// Whether its client may come back to another edge.
    public var isResumable = false
    /// See `Job`.
    public var retryKey: String?

    public init(
        job: JobID,
        attempt: Attempt,
        edge: NodeID,
        running: Bool,
        worker: NodeID? = nil,
        lane: Lane = .normal,
        model: String = "",
        charge: Charge = Charge(),
        tenant: String = Routing().tenant
    ) {
        self.job = job
        self.attempt = attempt
        self.edge = edge
        self.running = running
        self.worker = worker
        self.lane = lane
        self.model = model
        self.charge = charge
        self.tenant = tenant
    }
}

/// The answer to `Hello`; opens the other direction.
public struct Welcome: Hashable, Sendable {
    public var heartbeatMilliseconds: UInt32
    /// What the fleet can run, for an edge.
    public var models: [ModelCard]
    /// What all edges make the keys of prefix links from; empty for a worker, which needs none.
    public var prefixSecret: [UInt8] = []

    public init(heartbeatMilliseconds: UInt32, models: [ModelCard] = []) {
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.models = models
    }
}

/// Sent from the loop that does the work, so that a stuck engine goes silent.
public struct Heartbeat: Hashable, Sendable {
    public var step: UInt64
    public var running: UInt32
    public var waiting: UInt32

    public init(step: UInt64 = 0, running: UInt32 = 0, waiting: UInt32 = 0) {
        self.step = step
        self.running = running
        self.waiting = waiting
    }
}

/// A model that can be asked for.
public struct ModelCard: Hashable, Sendable {
    public var name: String
    public var contextTokens: UInt32
    /// Seconds since 1970, for `created` in model lists.
    public var created: UInt64
    /// What its maker recommends; an edge fills what a request leaves open.
    public var sampling: SamplingDefaults
    /// Whether a worker has it now; without one, jobs wait for the next.
    ///
    /// Said by the coordinator, heard by edges.
    public var isServed: Bool
    /// The same in a word, and of a load under way how far it is; nil from a worker.
    ///
    /// Said by the coordinator, heard by edges.
    public var state: ModelState?
    public var percent: UInt32?
    /// Names the weights and all else that an answer's tokens depend on; what was begun with one revision is
    /// never gone on with by another.
    ///
    /// Said by workers of what they have in memory, heard by the coordinator.
    public var revision: String?

    public init(
        name: String,
        contextTokens: UInt32,
        created: UInt64 = 0,
        sampling: SamplingDefaults = SamplingDefaults(),
        isServed: Bool = true
    ) {
        self.name = name
        self.contextTokens = contextTokens
        self.created = created
        self.sampling = sampling
        self.isServed = isServed
    }

    /// Whether a job for it would be done, now or when it has been loaded.
    public var isWithinReach: Bool { isServed || state == .loading || state == .unloaded }
}

/// An edge puts a job up for lease, for the first time or after its worker was lost.
public struct Submission: Hashable, Sendable {
    public var job: Job
    public var attempt: Attempt
    /// What the client has been shown: the new worker goes on behind it.
    public var committed: [TokenID]
    /// Time left until the job's deadline; a `Duration` because clocks differ.
    public var remainingMilliseconds: UInt32?
    /// How long the job has waited already, so that a coordinator's restart does not send it to the end of
    /// the line.
    public var waitedMilliseconds: UInt32
    /// The worker that the edge lost; another one is better.
    public var avoid: NodeID?
    /// What computed `committed`: only its like goes on bit for bit.
    public var fingerprint: String?
    /// The weights that picked the first of `committed`: others never go on.
    public var revision: String?
    /// Of the prompt, from its beginning on.
    ///
    /// Written by the edge, read by the coordinator, which looks for a worker that holds them, and by the
    /// worker, which tells when it does.
    public var links: [PromptLink] = []
    /// `committed` as the records that were shown, for a job that has a ticket.
    ///
    /// Whoever runs it next holds them beside its own. Empty where they are too large together.
    public var told: [TokenRecord] = []
    /// The job was another edge's: a worker that runs it under a lower attempt goes on with it.
    public var takesOver = false

    public init(
        job: Job,
        attempt: Attempt,
        committed: [TokenID] = [],
        remainingMilliseconds: UInt32? = nil,
        waitedMilliseconds: UInt32 = 0,
        avoid: NodeID? = nil,
        fingerprint: String? = nil
    ) {
        self.job = job
        self.attempt = attempt
        self.committed = committed
        self.remainingMilliseconds = remainingMilliseconds
        self.waitedMilliseconds = waitedMilliseconds
        self.avoid = avoid
        self.fingerprint = fingerprint
    }
}

extension Submission {
    /// Position of the first token that this attempt generates.
    public var next: UInt32 { UInt32(clamping: committed.count) }
}

/// Where a waiting job stands.
public struct QueuePosition: Hashable, Sendable {
    public var job: JobID
    /// 1 is next.
    public var position: UInt32
    public var etaMilliseconds: UInt32
    /// What it waits for, while that is being loaded.
    ///
    /// Added by the edge, which knows its models; never on the wire.
    public var loading: ModelLoading?

    public init(job: JobID, position: UInt32, etaMilliseconds: UInt32) {
        self.job = job
        self.position = position
        self.etaMilliseconds = etaMilliseconds
    }
}

/// How far the loading of a model is.
public struct ModelLoading: Hashable, Sendable {
    public var model: String
    public var percent: UInt32

    public init(model: String, percent: UInt32) {
        self.model = model
        self.percent = percent
    }
}

/// Why a lease is gone.
public enum LossReason: String, CaseIterable, Sendable {
    /// The worker died with it.
    case workerDied = "worker_died"
    /// The worker lives but does not know the job.
    case notHeld = "not_held"
    /// The worker is leaving and gives the job back.
    case handedBack = "handed_back"
}

/// The right of one worker to run one attempt of a job.
public struct Lease: Hashable, Sendable {
    /// Counts the leases sent on this link since `welcome`, from 1.
    ///
    /// `Credit` refers to it.
    public var index: UInt64
    public var edge: NodeID
    public var tokenEndpoint: String
    public var submission: Submission
    /// Tokens of the prompt that the coordinator expects to be computed; nil where it does not say.
    public var freshTokens: UInt32?
    /// The life of the edge that put the job up; a later one knows nothing of it.
    public var edgeEpoch: BootEpoch?

    public init(index: UInt64, edge: NodeID, tokenEndpoint: String, submission: Submission) {
        self.index = index
        self.edge = edge
        self.tokenEndpoint = tokenEndpoint
        self.submission = submission
    }
}

/// What running a job takes from a worker.
public struct Charge: Hashable, Sendable {
    public var sequences: UInt32
    public var tokens: UInt64

    public init(sequences: UInt32 = 0, tokens: UInt64 = 0) {
        self.sequences = sequences
        self.tokens = tokens
    }
}

/// What a worker can take now: absolute numbers, so that a lost or repeated message does no harm.
public struct Credit: Hashable, Sendable {
    /// Higher replaces lower.
    public var id: UInt64
    /// The numbers account for all leases up to this index; the coordinator subtracts only later ones.
    public var includesLeases: UInt64
    public var models: [ModelCredit]

    public init(id: UInt64, includesLeases: UInt64, models: [ModelCredit]) {
        self.id = id
        self.includesLeases = includesLeases
        self.models = models
    }
}

/// The credit for one model.
public struct ModelCredit: Hashable, Sendable {
    public var model: String
    public var freeSequences: UInt32
    public var freeTokens: UInt64

    public init(model: String, freeSequences: UInt32, freeTokens: UInt64) {
        self.model = model
        self.freeSequences = freeSequences
        self.freeTokens = freeTokens
    }
}

/// Why a worker did not take a lease; the job's edge puts it up again, with the time it has waited.
public struct Decline: Hashable, Sendable {
    public enum Reason: String, CaseIterable, Sendable {
        case full
        case draining
        case modelGone = "model_gone"
    }

    public var reason: Reason
    /// Tokens that the prompt really has, where the worker got as far as counting.
    public var promptTokens: UInt32?

    public init(_ reason: Reason, promptTokens: UInt32? = nil) {
        self.reason = reason
        self.promptTokens = promptTokens
    }
}

/// How a lease ended, for the coordinator's books.
public struct LeaseOutcome: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case finished
        case cancelled
        case failed
        case handedBack = "handed_back"
    }

    public var kind: Kind
    /// Service that the job received, for fairness and the waiting-time estimate.
    public var promptTokens: UInt32
    public var generatedTokens: UInt32
    /// Tokens of the prompt that were found and not computed.
    public var cachedTokens: UInt32
    /// From the lease to the first token, and from there to the last one; 0 where there was none.
    public var promptMilliseconds: UInt32
    public var answerMilliseconds: UInt32

    public init(
        _ kind: Kind,
        promptTokens: UInt32 = 0,
        generatedTokens: UInt32 = 0,
        cachedTokens: UInt32 = 0,
        promptMilliseconds: UInt32 = 0,
        answerMilliseconds: UInt32 = 0
    ) {
        self.kind = kind
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
        self.cachedTokens = cachedTokens
        self.promptMilliseconds = promptMilliseconds
        self.answerMilliseconds = answerMilliseconds
    }
}

/// "I hold this stream up to `next`"; cumulative.
public struct Acknowledgement: Hashable, Sendable {
    public var job: JobID
    public var attempt: Attempt
    public var next: UInt32
    /// The stream's end was committed: the worker may forget it.
    public var ended: Bool

    public init(job: JobID, attempt: Attempt, next: UInt32, ended: Bool) {
        self.job = job
        self.attempt = attempt
        self.next = next
        self.ended = ended
    }
}
