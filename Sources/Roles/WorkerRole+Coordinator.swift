public import Contract

extension WorkerRole {
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
        case .opened:
            leasesSeen = 0
            creditChanged = true
            for message in takeHeldBack() { sendToCoordinator(message, at: now) }
        case .deliver: hear(message, at: now)
        }
        sendCreditIfChanged(at: now)
    }

    public mutating func coordinatorConnected(at now: Instant) { greetCoordinator(at: now) }

    public mutating func coordinatorDisconnected() { coordinator.close() }

    /// Announces a silence that is about to begin, to everybody.
    public mutating func announceBusy(_ span: Duration, at now: Instant) {
        let milliseconds = UInt32(clamping: span.milliseconds)
        if coordinator.isOpen { sendToCoordinator(.busy(milliseconds: milliseconds), at: now) }
        for edge in edges.keys.sorted() where edges[edge]?.link.isOpen == true {
            send(.busy(milliseconds: milliseconds), to: edge, at: now)
        }
    }

    mutating func keepCoordinatorLink(at now: Instant) {
        if coordinator.isOpen {
            if now - coordinator.lastHeard > timing.silence { return greetCoordinator(at: now) }
            if now - lastToCoordinator >= timing.heartbeat {
                let beat = Heartbeat(step: step, running: UInt32(clamping: runningCount))
                sendToCoordinator(.heartbeat(beat), at: now)
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
            role: .worker,
            models: isDraining ? [] : capacities.map(\.card),
            jobs: jobs.keys.sorted().compactMap { jobs[$0]?.held },
            fingerprint: identity.fingerprint
        )
        effects.append(
            .sendToCoordinator(Envelope(header: coordinator.greet(at: now), message: .hello(hello)))
        )
    }

    private mutating func takeHeldBack() -> [Message] {
        defer { heldBack = [] }
        return heldBack
    }

    private mutating func hear(_ message: Message, at now: Instant) {
        switch message {
        case .lease(let lease): take(lease, at: now)
        case .cancel(let job, let attempt): cancelled(job, attempt, at: now)
        case .drain: drain(at: now)
        default: break
        }
    }

    private mutating func take(_ lease: Lease, at now: Instant) {
        leasesSeen = lease.index
        creditChanged = true
        let job = lease.submission.job.id
        let attempt = lease.submission.attempt
        guard !isDraining else {
            return sendToCoordinator(.declined(job, attempt, Decline(.draining)), at: now)
        }
        guard capacities.contains(where: { $0.card.name == lease.submission.job.model }) else {
            return sendToCoordinator(.declined(job, attempt, Decline(.modelGone)), at: now)
        }
        if let held = jobs[job] {
            guard held.attempt < attempt else { return }
            stop(job, upTo: held.attempt, at: now)
        }
        jobs[job] = WorkerJob(lease)
        attachEdge(lease, at: now)
        sendToCoordinator(.taken(job, attempt), at: now)
        effects.append(.start(lease))
    }

    /// The coordinator passes on a cancellation.
    ///
    /// The edge that asked has forgotten the job; a job that we do not hold is acknowledged all the same, so
    /// that nobody waits.
    private mutating func cancelled(_ job: JobID, _ attempt: Attempt, at now: Instant) {
        guard let held = jobs[job], held.attempt <= attempt else {
            return sendToCoordinator(.done(job, attempt, LeaseOutcome(.cancelled)), at: now)
        }
        stop(job, upTo: attempt, at: now)
    }
}
