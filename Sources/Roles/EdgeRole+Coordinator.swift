public import Contract

extension EdgeRole {
    /// A message from the coordinator.
    public mutating func receiveFromCoordinator(_ envelope: Envelope, at now: Instant) {
        switch coordinator.receive(envelope, at: now) {
        case .drop: break
        case .broken: greetCoordinator(at: now)
        case .opened: enter(envelope.message, at: now)
        case .deliver: hear(envelope.message, at: now)
        }
    }

    /// The connection to the coordinator was made, or made again.
    public mutating func coordinatorConnected(at now: Instant) { greetCoordinator(at: now) }

    /// The connection to the coordinator is gone: whatever was under way on it may be lost.
    public mutating func coordinatorDisconnected() { coordinator.close() }

    /// A message does not fit into a frame: if it put a job up, that job can never run.
    public mutating func couldNotSend(_ message: Message, _ reason: String) {
        guard case .submit(let submission) = message else { return }
        refused(submission.job.id, submission.attempt, Refusal(.tooLarge, reason))
    }

    mutating func keepCoordinatorLink(at now: Instant) {
        switch coordinator.chore(at: now) {
        case .none: break
        case .greeting: greetCoordinator(at: now)
        case .turning: turnToCoordinator(coordinator.turn(), at: now)
        case .heartbeat:
            sendToCoordinator(.heartbeat(Heartbeat(running: UInt32(clamping: jobs.count))), at: now)
        }
    }

    mutating func sendToCoordinator(_ message: Message, at now: Instant) {
        guard let envelope = coordinator.send(message, at: now) else { return }
        effects.append(.sendToCoordinator(envelope))
    }

    /// Says hello to another coordinator: the one that was asked last does not answer, or has sent us away.
    private mutating func turnToCoordinator(_ place: Int, at now: Instant) {
        effects.append(.callCoordinator(place))
        greetCoordinator(at: now)
    }

    private mutating func greetCoordinator(at now: Instant) {
        var hello = Hello(
            role: .edge,
            tokenEndpoint: identity.tokenEndpoint,
            jobs: jobs.keys.sorted().compactMap { jobs[$0]?.held(by: identity.node) }
        )
        hello.prefixSecret = prefixSecret
        effects.append(.sendToCoordinator(coordinator.greet(hello, at: now)))
    }

    /// A session began.
    ///
    /// A coordinator that knows nothing of a job answers its place in the hello with `lost`; what happened
    /// after the hello had left is said now.
    private mutating func enter(_ message: Message, at now: Instant) {
        guard case .welcome(let welcome) = message else { return }
        modelsKeptUntil = now + timing.rebuild
        learn(welcome.models, at: now)
        prefixSecret = welcome.prefixSecret
        for envelope in coordinator.takeHeldBack(at: now) { effects.append(.sendToCoordinator(envelope)) }
    }

    private mutating func hear(_ message: Message, at now: Instant) {
        switch message {
        case .refused(let job, let attempt, let refusal):
            if !strands(job, attempt, refusal, at: now) { refused(job, attempt, refusal) }
        case .positions(let positions):
            for position in positions where jobs[position.job]?.state == .waiting {
                effects.append(.position(explained(position)))
            }
        case .lost(let job, let attempt, let reason):
            lost(job, attempt, reason, at: now)
        case .models(let models):
            learn(models, at: now)
        case .managed(let reply):
            effects.append(.managed(reply))
        case .handover(let handover):
            heardOf(handover, at: now)
        case .seek(let job, let edge):
            sought(job, by: edge, at: now)
        case .unfound(let job, _):
            stopSeekingInVain(job, at: now)
        case .twin(let job, let attempt, let other):
            heardOfTwin(other, of: job, attempt, at: now)
        case .bye:
            turnToCoordinator(coordinator.leave(), at: now)
        default:
            // `accepted`, `cancelled` and `heartbeat` change nothing here; anything else is not for an edge.
            break
        }
    }

    /// A job that was accepted and then refused on a later attempt did start: that is a failure.
    ///
    /// Whoever runs it: a stream that is another edge's is nothing to wait for.
    private mutating func refused(_ job: JobID, _ attempt: Attempt, _ refusal: Refusal) {
        guard let entry = jobs[job], entry.attempt == attempt else { return }
        guard entry.state == .waiting || refusal.code == .streamLost else { return }
        remove(job)
        if attempt == .first, entry.state == .waiting { return refuse(job, refusal) }
        effects.append(.ended(job, .failed(Failure(refusal.code, refusal.detail))))
    }

    private mutating func lost(_ job: JobID, _ attempt: Attempt, _ reason: LossReason, at now: Instant) {
        guard let entry = jobs[job], entry.attempt == attempt else { return }
        // The coordinator may have lost sight of a worker that we still hear: then nothing is lost.
        if reason == .workerDied, let worker = entry.worker, hears(worker, at: now) { return }
        relinquish(job, reason, at: now)
    }

    private func hears(_ worker: NodeID, at now: Instant) -> Bool {
        guard let link = workers[worker], link.link.isOpen, link.resetAt == nil else { return false }
        return now - link.link.lastHeard <= timing.silence
    }
}
