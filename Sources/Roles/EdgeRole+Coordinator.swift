public import Contract

extension EdgeRole {
    /// A message from the coordinator.
    public mutating func receiveFromCoordinator(_ envelope: Envelope, at now: Instant) {
        let message = envelope.message
        if envelope.header.sequence == 0 {
            if message == .resync { greetCoordinator(at: now) }
            return
        }
        var opens = false
        if case .welcome = message { opens = true }
        switch coordinator.receive(envelope.header, opens: opens, at: now) {
        case .drop: break
        case .broken: greetCoordinator(at: now)
        case .opened(let newLife): enter(message, newLife: newLife, at: now)
        case .deliver: hear(message, at: now)
        }
    }

    /// The connection to the coordinator was made, or made again.
    public mutating func coordinatorConnected(at now: Instant) { greetCoordinator(at: now) }

    /// The connection to the coordinator is gone: whatever was under way on it may be lost.
    public mutating func coordinatorDisconnected() { coordinator.close() }

    mutating func keepCoordinatorLink(at now: Instant) {
        if coordinator.isOpen {
            if now - coordinator.lastHeard > timing.silence { return greetCoordinator(at: now) }
            if now - lastToCoordinator >= timing.heartbeat {
                sendToCoordinator(.heartbeat(Heartbeat(running: UInt32(clamping: jobs.count))), at: now)
            }
        } else if lastGreeting.map({ now - $0 >= timing.helloRetry }) ?? true {
            greetCoordinator(at: now)
        }
    }

    /// Sends in the session, or, between a hello and its welcome, behind the welcome: the hello could not
    /// tell of it.
    mutating func sendToCoordinator(_ message: Message, at now: Instant) {
        guard coordinator.isOpen else { return heldBack.append(message) }
        lastToCoordinator = now
        effects.append(.sendToCoordinator(Envelope(header: coordinator.stamp(at: now), message: message)))
    }

    private mutating func greetCoordinator(at now: Instant) {
        lastGreeting = now
        heldBack = []
        let hello = Hello(
            role: .edge,
            tokenEndpoint: identity.tokenEndpoint,
            jobs: jobs.keys.sorted().compactMap { jobs[$0]?.held(by: identity.node) }
        )
        effects.append(
            .sendToCoordinator(Envelope(header: coordinator.greet(at: now), message: .hello(hello)))
        )
    }

    /// A session began.
    ///
    /// A coordinator that knows nothing of a job answers its place in the hello with `lost`; what happened
    /// after the hello had left is said now.
    private mutating func enter(_ message: Message, newLife: Bool, at now: Instant) {
        guard case .welcome(let welcome) = message else { return }
        learn(welcome.models)
        for message in takeHeldBack() { sendToCoordinator(message, at: now) }
    }

    private mutating func takeHeldBack() -> [Message] {
        defer { heldBack = [] }
        return heldBack
    }

    private mutating func hear(_ message: Message, at now: Instant) {
        switch message {
        case .refused(let job, let attempt, let refusal):
            guard let entry = jobs[job], entry.attempt == attempt, entry.state == .waiting else { return }
            remove(job)
            if attempt == .first { refuse(job, refusal) } else { fail(job, refusal) }
        case .positions(let positions):
            for position in positions where jobs[position.job]?.state == .waiting {
                effects.append(.position(position))
            }
        case .lost(let job, let attempt, let reason):
            lost(job, attempt, reason, at: now)
        case .models(let models):
            learn(models)
        default:
            // `accepted`, `cancelled` and `heartbeat` change nothing here; anything else is not for an edge.
            break
        }
    }

    /// A job that was accepted and then refused on a later attempt did start: that is a failure.
    private mutating func fail(_ job: JobID, _ refusal: Refusal) {
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

    private mutating func learn(_ models: [ModelCard]) {
        guard models != self.models else { return }
        self.models = models
        effects.append(.modelsChanged)
    }
}
