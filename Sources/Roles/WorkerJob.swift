public import Contract

/// A job that this worker holds: everything it has put out, until the edge has all of it.
///
/// Can become: preparing → generating → finished → gone. A cancelled or lost job may go from any state.
///
/// The output is kept as the records that were cut once; `sent` and `acknowledged` are cursors into it. Every
/// kind of loss on the way to the edge is repaired by moving `sent` back.
struct WorkerJob {
    enum State: Hashable {
        /// The prompt is being rendered and tokenized.
        case preparing
        /// The engine has it.
        case generating
        /// The output is complete.
        case finished
    }

    let id: JobID
    /// The attempt that the engine knows.
    let leaseAttempt: Attempt
    /// The attempt that everybody else knows: another one, where the job was taken over.
    var attempt: Attempt
    var edge: NodeID
    /// The life of the edge that knows of the job; nil where nobody has told.
    var edgeEpoch: BootEpoch?
    /// What was handed out last to an edge that asked for the stream, to be fenced.
    var handedOut: Attempt?
    /// Kept of a job whose client may come back to another edge.
    let submission: Submission?
    /// Since when its edge is gone and no other has claimed it.
    var ownerlessSince: Instant?
    let lane: Lane
    let model: String
    /// Which load of the model it runs on, and the weights of that.
    let generation: UInt32
    let revision: String?
    let committedTokens: UInt32
    let limit: UInt32?
    let tenant: String
    let leasedAt: Instant
    /// Tokens of the prompt that the coordinator expects to be computed.
    private let expectedFreshTokens: UInt32
    private var hasOpened = false
    var charge: Charge
    var state = State.preparing
    var output: [TokenRecord] = []
    var sent = 0
    var acknowledged = 0
    var promptTokens: UInt32 = 0
    private var cachedTokens: UInt32 = 0
    /// When it had its first token, and when its last so far.
    private var firstTokenAt: Instant?
    private var lastTokenAt: Instant?

    init(_ lease: Lease, on capacity: WorkerRole.Capacity, at now: Instant) {
        let job = lease.submission.job
        id = job.id
        attempt = lease.submission.attempt
        leaseAttempt = lease.submission.attempt
        edge = lease.edge
        edgeEpoch = lease.edgeEpoch
        submission = job.ticket == nil ? nil : lease.submission
        lane = job.routing.lane
        model = job.model
        generation = capacity.generation
        revision = capacity.card.revision
        committedTokens = UInt32(clamping: lease.submission.committed.count)
        limit = job.limits.maxTokens
        tenant = job.routing.tenant
        leasedAt = now
        expectedFreshTokens = lease.freshTokens ?? job.routing.estimatedPromptTokens
        charge = Charge.estimate(lease.submission)
        guard submission != nil else { return }
        // The edge has these; another one may ask for them.
        output = lease.submission.told
        for index in output.indices { output[index].attempt = attempt }
        (sent, acknowledged) = (output.count, output.count)
    }

    /// Position after everything that was put out.
    var next: UInt32 { output.last?.nextPosition ?? committedTokens }

    /// Tokens that were picked here.
    private(set) var generatedTokens: UInt32 = 0

    /// Tokens of its prompt that it is expected to lack; once its stream has opened, its engine knows better.
    var freshTokensLeft: UInt32 {
        guard state != .finished, !hasOpened else { return 0 }
        return promptTokens > 0 ? min(expectedFreshTokens, promptTokens) : expectedFreshTokens
    }

    var held: HeldJob {
        var held = HeldJob(
            job: id,
            attempt: attempt,
            edge: edge,
            running: state != .finished,
            lane: lane,
            model: model,
            charge: charge,
            tenant: tenant
        )
        held.isResumable = submission != nil
        return held
    }

    /// What is told of it when the lease is over.
    func outcome(_ kind: LeaseOutcome.Kind) -> LeaseOutcome {
        var outcome = LeaseOutcome(
            kind,
            promptTokens: promptTokens,
            generatedTokens: generatedTokens,
            cachedTokens: min(cachedTokens, promptTokens)
        )
        if let firstTokenAt, let lastTokenAt {
            outcome.promptMilliseconds = UInt32(clamping: (firstTokenAt - leasedAt).milliseconds)
            outcome.answerMilliseconds = UInt32(clamping: (lastTokenAt - firstTokenAt).milliseconds)
        }
        return outcome
    }

    /// Appends what the engine put out; false when nobody waits for it any more.
    mutating func keep(_ record: TokenRecord, at now: Instant) -> Bool {
        guard record.attempt == leaseAttempt, state != .finished else { return false }
        if let opening = record.opening {
            cachedTokens = opening.cachedTokens
            hasOpened = true
        }
        generatedTokens += UInt32(clamping: record.pickedCount)
        if record.pickedCount > 0 {
            firstTokenAt = firstTokenAt ?? now
            lastTokenAt = now
        }
        output.append(record)
        output[output.count - 1].attempt = attempt
        if record.opening != nil { output[output.count - 1].opening?.revision = revision }
        if record.end != nil { state = .finished }
        return true
    }

    /// The next record that was not sent, which is then.
    mutating func takeUnsent() -> TokenRecord? {
        guard sent < output.count else { return nil }
        defer { sent += 1 }
        return output[sent]
    }

    /// Sends again from the first record at or behind `position`, where the edge has a hole.
    mutating func rewind(to position: UInt32) {
        sent = min(sent, output.firstIndex { $0.position >= position } ?? output.count)
    }

    /// Sends again everything that was not acknowledged.
    mutating func rewind() { sent = acknowledged }

    mutating func acknowledge(upTo next: UInt32) {
        while acknowledged < sent, output[acknowledged].nextPosition <= next, output[acknowledged].end == nil
        {
            acknowledged += 1
        }
    }
}

extension Charge {
    /// Tokens that are set aside for an answer whose length nobody limited.
    static let tokensForUnlimited: UInt32 = 512

    /// What a submission will take, as far as can be known without a tokenizer.
    public static func estimate(_ submission: Submission) -> Charge {
        let prompt = UInt64(submission.job.routing.estimatedPromptTokens)
        return Charge(sequences: 1, tokens: prompt + answerTokens(submission.job.limits.maxTokens))
    }

    /// The same once the prompt has been counted.
    static func exact(promptTokens: UInt32, limit: UInt32?) -> Charge {
        Charge(sequences: 1, tokens: UInt64(promptTokens) + answerTokens(limit))
    }

    private static func answerTokens(_ limit: UInt32?) -> UInt64 {
        UInt64(min(limit ?? tokensForUnlimited, 1 << 20))
    }
}
