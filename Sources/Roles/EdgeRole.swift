public import Contract

/// The protocol logic of an edge: owns the jobs of its clients from acceptance to their one end.
///
/// The edge alone decides about attempts, because it alone knows what its clients have seen. A job that loses
/// its worker is put up again under the next attempt with the committed ids; records of older attempts are
/// answered with `abandon`. Holds no socket and no clock: events and instants go in, effects come out.
///
/// Invariant: a job in `jobs` has not ended; each job leaves it exactly once, with `ended` or `refused`.
public struct EdgeRole: Sendable {
    /// What the shell has to do.
    public enum Effect: Hashable, Sendable {
        case sendToCoordinator(Envelope)
        /// From here on, what is for the coordinator goes to that one of the list.
        case callCoordinator(Int)
        case sendToWorker(NodeID, Envelope)
        /// Committed to the job's stream: show it to the client. May carry the end, and is then the last.
        case show(TokenRecord)
        /// The job ended without a record: refused, failed at the edge, or past its deadline.
        case refused(JobID, Refusal)
        case ended(JobID, StreamEnd)
        /// Where a waiting job stands.
        case position(QueuePosition)
        case modelsChanged
        /// What came of an operator's command.
        case managed(ManageReply)
        /// A stream that was looked for: `adopt` it, if its client may have it.
        case found(Submission)
        /// Nobody has it.
        case unfound(JobID)
        /// A job of the same key was found in the fleet: `replace` the job by it, or `runAnyway`.
        case foundTwin(JobID, Submission)
    }

    public struct Identity: Sendable {
        public var node: NodeID
        public var epoch: BootEpoch
        /// Where workers find this edge.
        public var tokenEndpoint: String
        /// Coordinators that can be asked: the first, and those that stand by.
        public var coordinatorCount = 1

        public init(node: NodeID, epoch: BootEpoch, tokenEndpoint: String) {
            self.node = node
            self.epoch = epoch
            self.tokenEndpoint = tokenEndpoint
        }
    }

    /// One worker's link, and the jobs that run there.
    struct WorkerLink {
        var link: Link
        var fingerprint = ""
        var running: Set<JobID> = []
        var acknowledgements: [JobID: Acknowledgement] = [:]
        var tokensUnacknowledged = 0
        var lastSent: Instant
        var lastResync: Instant?
        /// Set while the connection is known to be gone.
        var resetAt: Instant?
    }

    let identity: Identity
    let timing: FleetTiming
    let limits: FleetLimits
    var jobs: [JobID: EdgeJob] = [:]
    /// Of all jobs' prompts.
    private var promptBytes = 0
    /// Deadlines of jobs, earliest first; entries of jobs that have ended are skipped.
    private var deadlines: [(due: Instant, job: JobID)] = []
    var workers: [NodeID: WorkerLink] = [:]
    /// Streams of other edges that clients ask for here.
    var seeks: [JobID: Seek] = [:]
    /// When jobs are put up again that have begun and that nobody could go on with.
    var stranded: [JobID: Instant] = [:]
    /// Jobs of this edge for which it looks for their twins, by those.
    var twins: [JobID: JobID] = [:]
    var coordinator: CoordinatorLink
    var lastAcknowledgement: Instant
    public internal(set) var models: [ModelCard] = []
    /// What the keys of prefix links are made from; empty until a coordinator has told.
    public internal(set) var prefixSecret: [UInt8] = []
    /// What the coordinator of this session has told of them.
    var toldModels: [ModelCard] = []
    /// Until when those that it does not know yet are kept.
    var modelsKeptUntil = Instant.zero
    public internal(set) var isDraining = false
    var effects: [Effect] = []

    public init(
        _ identity: Identity,
        timing: FleetTiming = FleetTiming(),
        limits: FleetLimits = FleetLimits(),
        at now: Instant
    ) {
        self.identity = identity
        self.timing = timing
        self.limits = limits
        coordinator = CoordinatorLink(
            epoch: identity.epoch,
            timing: timing,
            count: identity.coordinatorCount,
            at: now
        )
        lastAcknowledgement = now
    }

    /// Whether requests can be taken: the fleet has told of a model and this edge is not leaving.
    ///
    /// While no worker has the model they wait for the next.
    public var takesJobs: Bool { !models.isEmpty && !isDraining }
    /// Whether requests would be served at once, for whoever chooses among edges.
    public var isReady: Bool { takesJobs && models.contains(where: \.isWithinReach) }
    public var coordinatorIsConnected: Bool { coordinator.isOpen }
    /// Jobs that may be here at a time.
    public var jobLimit: Int { limits.jobsPerEdge }
    public var jobCount: Int { jobs.count }

    /// Tells of every job that has not ended whose it is, and whether a worker has opened its stream.
    public func forEachJob(_ body: (_ tenant: String, _ isRunning: Bool) -> Void) {
        for entry in jobs.values { body(entry.job.routing.tenant, entry.worker != nil) }
    }

    /// The committed stream of a job that has not ended.
    public func stream(of job: JobID) -> TokenStream? { jobs[job]?.stream }

    /// The attempt that a job which has not ended is at.
    public func attempt(of job: JobID) -> Attempt? { jobs[job]?.attempt }

    public mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    // MARK: A job's life

    /// A client's job.
    ///
    /// From here on it ends exactly once.
    ///
    /// `links` stand for the beginnings of its prompt.
    public mutating func accept(_ job: Job, links: [PromptLink] = [], at now: Instant) {
        guard !isDraining else {
            return refuse(job.id, Refusal(.draining, "this edge is shutting down", retryAfterSeconds: 1))
        }
        guard jobs.count < limits.jobsPerEdge else {
            let detail = "this edge holds \(jobs.count) unfinished requests, its limit"
            return refuse(job.id, Refusal(.laneFull, detail, retryAfterSeconds: 5))
        }
        guard promptBytes + job.prompt.byteCount <= limits.promptBytesPerEdge else {
            let detail =
                "this edge holds \(promptBytes) bytes of prompts; its limit is \(limits.promptBytesPerEdge)"
            return refuse(job.id, Refusal(.laneFull, detail, retryAfterSeconds: 5))
        }
        guard jobs[job.id] == nil else {
            return refuse(job.id, Refusal(.invalidRequest, "the job id is in use"))
        }
        keep(EdgeJob(job, links: links, at: now))
        submit(job.id, at: now)
    }

    func hasRoom(for job: Job) -> Bool {
        !isDraining && jobs.count < limits.jobsPerEdge
            && promptBytes + job.prompt.byteCount <= limits.promptBytesPerEdge
    }

    mutating func keep(_ entry: EdgeJob) {
        jobs[entry.job.id] = entry
        promptBytes += entry.job.prompt.byteCount
        if let due = entry.deadline { remember(due, entry.job.id) }
    }

    /// The client went away or asked to stop: nobody wants the rest.
    public mutating func cancel(_ job: JobID, at now: Instant) {
        guard jobs[job] != nil else { return }
        end(job, .cancelled, at: now)
    }

    /// Takes no more jobs; those it has run on.
    public mutating func drain() { isDraining = true }

    /// Says goodbye to everybody; the last thing an edge does.
    public mutating func leave(at now: Instant) {
        for job in jobs.keys.sorted() {
            // Its client may come to another edge; the worker goes on for a while.
            guard jobs[job]?.job.ticket == nil else {
                remove(job)
                effects.append(.ended(job, .cancelled))
                continue
            }
            end(job, .cancelled, at: now)
        }
        if coordinator.isOpen { sendToCoordinator(.bye, at: now) }
        for worker in workers.keys.sorted() where workers[worker]?.link.isOpen == true {
            send(.bye, to: worker, at: now)
        }
    }

    /// Everything that is due because time has passed.
    ///
    /// Call it every 50 ms or so.
    public mutating func tick(at now: Instant) {
        keepCoordinatorLink(at: now)
        forgetModels(at: now)
        for worker in workers.keys.sorted() { keepWorkerLink(worker, at: now) }
        acknowledgeIfDue(at: now)
        expireJobs(at: now)
        retryStranded(at: now)
        keepSeeking(at: now)
    }

    // MARK: Shared by the two links

    mutating func submit(_ job: JobID, at now: Instant) {
        guard let entry = jobs[job] else { return }
        sendToCoordinator(.submit(entry.submission(at: now, limits)), at: now)
    }

    /// The current attempt is lost; the job goes on elsewhere, unless it seems to be what kills its workers.
    mutating func relinquish(_ job: JobID, _ reason: LossReason, at now: Instant) {
        guard var entry = jobs[job] else { return }
        if let worker = entry.worker { workers[worker]?.running.remove(job) }
        entry.lose(reason)
        jobs[job] = entry
        stranded[job] = nil
        guard entry.lossesHere < limits.lossesAtOnePosition else {
            let detail =
                "\(entry.lossesHere) workers died while running this job at token \(entry.stream.next)"
            return end(job, .failed(Failure(.quarantined, detail)), at: now)
        }
        submit(job, at: now)
    }

    /// Ends a job from this side and tells whoever may be holding it.
    mutating func end(_ job: JobID, _ end: StreamEnd, at now: Instant) {
        guard let entry = remove(job) else { return }
        sendToCoordinator(.cancel(job, entry.attempt), at: now)
        if let worker = entry.worker { send(.abandon(job, entry.attempt), to: worker, at: now) }
        effects.append(.ended(job, end))
    }

    /// The job is not in the books, or not any more: a refusal in `accept` must not touch another of the same
    /// id.
    mutating func refuse(_ job: JobID, _ refusal: Refusal) { effects.append(.refused(job, refusal)) }

    @discardableResult
    mutating func remove(_ job: JobID) -> EdgeJob? {
        guard let entry = jobs.removeValue(forKey: job) else { return nil }
        promptBytes -= entry.job.prompt.byteCount
        stranded[job] = nil
        if let worker = entry.worker { workers[worker]?.running.remove(job) }
        return entry
    }

    // MARK: Deadlines

    private mutating func remember(_ due: Instant, _ job: JobID) {
        // Most are later than those of the jobs that came before.
        var place = deadlines.count
        while place > 0, deadlines[place - 1].due > due { place -= 1 }
        deadlines.insert((due, job), at: place)
    }

    private mutating func expireJobs(at now: Instant) {
        let expired = Array(deadlines.prefix { $0.due <= now })
        deadlines.removeFirst(expired.count)
        for (due, job) in expired {
            guard let entry = jobs[job], entry.deadline == due else { continue }
            let waited = (now - entry.acceptedAt).milliseconds
            let detail =
                "the request's time limit was reached after \(waited) ms and \(entry.stream.next) tokens"
            end(job, .failed(Failure(.deadlineExceeded, detail)), at: now)
        }
        // Jobs that ended early leave their entries behind; together they are bounded.
        if deadlines.count > 2 * limits.jobsPerEdge { deadlines.removeAll { jobs[$0.job] == nil } }
    }

    // MARK: Audit

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found: [String] = []
        for (id, entry) in jobs {
            if entry.stream.end != nil { found.append("job \(id) has ended and is still held") }
            if let worker = entry.worker, workers[worker]?.running.contains(id) != true {
                found.append("job \(id) runs at \(worker), which does not list it")
            }
        }
        for (node, worker) in workers {
            for job in worker.running where jobs[job]?.worker != node {
                found.append("\(node) lists job \(job)")
            }
        }
        if jobs.count > limits.jobsPerEdge { found.append("\(jobs.count) jobs") }
        let promptBytes = jobs.values.reduce(0) { $0 + $1.job.prompt.byteCount }
        if promptBytes != self.promptBytes {
            found.append("\(self.promptBytes) bytes of prompts, really \(promptBytes)")
        }
        return found
    }
}
