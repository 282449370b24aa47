public import Contract
internal import Placement

extension WorkerRole {
    /// A message from the coordinator.
    public mutating func receiveFromCoordinator(_ envelope: Envelope, at now: Instant) {
        switch coordinator.receive(envelope, at: now) {
        case .drop: break
        case .broken: greetCoordinator(at: now)
        case .opened:
            leasesSeen = 0
            creditChanged = true
            forgetTold()
            for envelope in coordinator.takeHeldBack(at: now) { effects.append(.sendToCoordinator(envelope)) }
            tellStock(at: now)
        case .deliver: hear(envelope.message, at: now)
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
        switch coordinator.chore(at: now) {
        case .none: break
        case .greeting: greetCoordinator(at: now)
        case .turning: turnToCoordinator(coordinator.turn(), at: now)
        case .heartbeat:
            let beat = Heartbeat(step: step, running: UInt32(clamping: runningCount))
            sendToCoordinator(.heartbeat(beat), at: now)
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
        let hello = Hello(
            role: .worker,
            models: isDraining ? [] : capacities.map(\.card),
            jobs: jobs.keys.sorted().compactMap { jobs[$0]?.held },
            fingerprint: identity.fingerprint,
            pool: isDraining ? nil : pool?.whole(at: now)
        )
        effects.append(.sendToCoordinator(coordinator.greet(hello, at: now)))
    }

    private mutating func hear(_ message: Message, at now: Instant) {
        switch message {
        case .lease(let lease): take(lease, at: now)
        case .cancel(let job, let attempt): cancelled(job, attempt, at: now)
        case .drain: drain(at: now)
        case .recountHoldings: forgetTold()
        case .load(let order): load(order, at: now)
        case .unload(let order): unload(order, at: now)
        case .seek(let job, let edge): sought(job, by: edge, at: now)
        case .claim(let claim): claimed(claim, at: now)
        case .bye: turnToCoordinator(coordinator.leave(), at: now)
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
        // Weights that were swapped since the coordinator last heard never go on with what others began.
        let revision = lease.submission.revision
        guard let capacity = capacities.first(where: { $0.card.name == lease.submission.job.model }),
            revision == nil || revision == capacity.card.revision
        else {
            return sendToCoordinator(.declined(job, attempt, Decline(.modelGone)), at: now)
        }
        if let held = jobs[job] {
            guard held.attempt < attempt else { return }
            stop(job, upTo: held.attempt, at: now)
        }
        guard hasRoom(for: lease.submission.job, in: capacity) else {
            return sendToCoordinator(.declined(job, attempt, Decline(.full)), at: now)
        }
        jobs[job] = WorkerJob(lease, on: capacity, at: now)
        attachEdge(lease.edge, lease.tokenEndpoint, job, at: now)
        sendToCoordinator(.taken(job, attempt), at: now)
        effects.append(.start(lease))
    }

    /// Whether there is a place for a job: a free one, or for a high job that of a low one, which stands
    /// aside for it.
    private func hasRoom(for job: Job, in capacity: Capacity) -> Bool {
        var taken = 0
        var low = 0
        for other in jobs.values where other.runs(on: capacity) {
            taken += 1
            if other.lane == .low { low += 1 }
        }
        return taken < Int(capacity.sequences) + (job.routing.lane == .high ? low : 0)
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
