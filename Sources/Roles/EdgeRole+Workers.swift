public import Contract

extension EdgeRole {
    /// A message from a worker on the token plane.
    public mutating func receiveFromWorker(_ worker: NodeID, _ envelope: Envelope, at now: Instant) {
        guard envelope.header.sequence != 0 else { return }
        var opens = false
        if case .hello = envelope.message { opens = true }
        if workers[worker] == nil {
            guard workers.count < limits.peers else { return }
            workers[worker] = WorkerLink(link: Link(.server, epoch: identity.epoch, at: now), lastSent: now)
        }
        switch workers[worker]?.link.receive(envelope.header, opens: opens, at: now) {
        case .drop, nil: break
        case .broken: askForHello(worker, at: now)
        case .opened(let newLife): enter(worker, envelope.message, newLife: newLife, at: now)
        case .deliver: hear(worker, envelope.message, at: now)
        }
    }

    /// A message could not be sent because the worker's connection is gone.
    public mutating func workerUnreachable(_ worker: NodeID, at now: Instant) {
        workers[worker]?.link.close()
        if workers[worker]?.resetAt == nil { workers[worker]?.resetAt = now }
    }

    mutating func keepWorkerLink(_ node: NodeID, at now: Instant) {
        guard let worker = workers[node] else { return }
        let resetTooLong = worker.resetAt.map { now - $0 > timing.resetGrace } ?? false
        if resetTooLong || now - worker.link.lastHeard > timing.silence {
            return bury(node, .workerDied, at: now)
        }
        if worker.link.isOpen, now - worker.lastSent >= timing.heartbeat {
            send(.heartbeat(Heartbeat()), to: node, at: now)
        }
    }

    mutating func send(_ message: Message, to worker: NodeID, at now: Instant) {
        guard let header = workers[worker]?.link.stamp(at: now) else { return }
        workers[worker]?.lastSent = now
        effects.append(.sendToWorker(worker, Envelope(header: header, message: message)))
    }

    mutating func acknowledgeIfDue(at now: Instant) {
        guard now - lastAcknowledgement >= timing.acknowledgement else { return }
        lastAcknowledgement = now
        for worker in workers.keys.sorted() { acknowledge(worker, at: now) }
    }

    private mutating func enter(_ node: NodeID, _ message: Message, newLife: Bool, at now: Instant) {
        guard case .hello(let hello) = message, hello.role == .worker else {
            workers[node]?.link.close()
            return
        }
        workers[node]?.resetAt = nil
        workers[node]?.fingerprint = hello.fingerprint
        workers[node]?.acknowledgements = [:]
        let welcome = Welcome(heartbeatMilliseconds: UInt32(clamping: timing.heartbeat.milliseconds))
        send(.welcome(welcome), to: node, at: now)
        // What ran there and is not held any more died with the worker's last life, or was handed back.
        let held = Set(hello.jobs.map(\.job))
        for job in workers[node]?.running.sorted() ?? [] where newLife || !held.contains(job) {
            relinquish(job, newLife ? .workerDied : .notHeld, at: now)
        }
    }

    private mutating func hear(_ node: NodeID, _ message: Message, at now: Instant) {
        switch message {
        case .tokens(let records):
            for record in records { take(record, from: node, at: now) }
            let many = workers[node]?.tokensUnacknowledged ?? 0 >= limits.tokensPerAcknowledgement
            let ended = workers[node]?.acknowledgements.values.contains { $0.ended } ?? false
            if many || ended { acknowledge(node, at: now) }
        case .busy(let milliseconds):
            // A silence that was announced is not a death: pretend to hear from it until then.
            let patience = min(.milliseconds(Int64(milliseconds)), timing.longestBusy)
            workers[node]?.link.excuse(until: now + patience)
        case .bye:
            bury(node, .handedBack, at: now)
        case .moved(let job, let attempt):
            moved(job, attempt)
        default:
            break
        }
    }

    private mutating func take(_ record: TokenRecord, from node: NodeID, at now: Instant) {
        guard let attempt = jobs[record.job]?.attempt, record.attempt >= attempt else {
            return send(.abandon(record.job, record.attempt), to: node, at: now)
        }
        // An attempt that this edge has not handed out is a peer's mistake; dropping it is answer enough.
        guard record.attempt == attempt else { return }
        if let other = jobs[record.job]?.worker, other != node {
            return send(.abandon(record.job, record.attempt), to: node, at: now)
        }
        // In place: a copy of the stream would cost its whole length for each token.
        let fingerprint = workers[node]?.fingerprint
        let verdict = jobs[record.job]?.take(record, from: node, fingerprint: fingerprint)
        guard let verdict, let next = jobs[record.job]?.stream.next else { return }
        workers[node]?.running.insert(record.job)
        switch verdict {
        case .hole:
            return send(.resume(record.job, attempt, from: next), to: node, at: now)
        case .appended:
            workers[node]?.tokensUnacknowledged += record.ids.count
            effects.append(.show(record))
        case .repeated:
            break
        }
        let hasEnded = jobs[record.job]?.stream.end != nil
        workers[node]?.acknowledgements[record.job] = Acknowledgement(
            job: record.job,
            attempt: attempt,
            next: next,
            ended: hasEnded
        )
        if hasEnded { remove(record.job) }
    }

    private mutating func acknowledge(_ node: NodeID, at now: Instant) {
        guard let worker = workers[node], worker.link.isOpen, !worker.acknowledgements.isEmpty else { return }
        let sorted = worker.acknowledgements.values.sorted { $0.job < $1.job }
        workers[node]?.acknowledgements = [:]
        workers[node]?.tokensUnacknowledged = 0
        send(.ack(sorted), to: node, at: now)
    }

    private mutating func askForHello(_ node: NodeID, at now: Instant) {
        guard let worker = workers[node] else { return }
        if let last = worker.lastResync, now - last < timing.resyncRetry { return }
        workers[node]?.lastResync = now
        let envelope = Envelope(header: worker.link.stampOutside(at: now), message: .resync)
        effects.append(.sendToWorker(node, envelope))
    }

    /// The worker is gone: everything that ran there goes on elsewhere.
    private mutating func bury(_ node: NodeID, _ reason: LossReason, at now: Instant) {
        let running = workers[node]?.running.sorted() ?? []
        workers[node]?.link.close()
        for job in running { relinquish(job, reason, at: now) }
        // The link stays for a while so that its dead epoch is remembered; an idle one is forgotten.
        if let worker = workers[node], now - worker.link.lastHeard > timing.edgeGone { workers[node] = nil }
    }
}
