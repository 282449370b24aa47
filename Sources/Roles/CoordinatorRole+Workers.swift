internal import Contract
internal import Lanes
internal import Placement

extension CoordinatorRole {
    mutating func enterWorker(_ node: NodeID, _ hello: Hello, newLife: Bool, at now: Instant) {
        let beat = UInt32(clamping: timing.heartbeat.milliseconds)
        let slots = workers[node]?.slotCounts ?? [:]
        workers[node]?.beginSession()
        noteSlots(of: node, before: slots)
        workers[node]?.fingerprint = hello.fingerprint
        if newLife { forgetHoldings(of: node) }
        workers[node]?.models = Set(hello.models.map(\.name))
        workers[node]?.revisions = [:]
        for card in hello.models { workers[node]?.revisions[card.name] = card.revision }
        send(.welcome(Welcome(heartbeatMilliseconds: beat)), toWorker: node, at: now)
        let held = Dictionary(hello.jobs.map { ($0.job, $0) }, uniquingKeysWith: { first, _ in first })
        for (job, lease) in workers[node]?.leases.sorted(by: { $0.key < $1.key }) ?? []
        where held[job]?.attempt != lease.attempt {
            release(job)
            tellLost(job, lease.attempt, newLife ? .workerDied : .notHeld, to: lease.edge, at: now)
        }
        for job in hello.jobs { adopt(job, at: node, now) }
        learn(hello.models, at: now)
        enterPool(node, hello.pool, at: now)
    }

    mutating func hearWorker(_ node: NodeID, _ message: Message, at now: Instant) {
        switch message {
        case .credit(let credit):
            let slots = workers[node]?.slotCounts ?? [:]
            workers[node]?.take(credit)
            noteSlots(of: node, before: slots)
        case .declined(let job, let attempt, let decline): declined(job, attempt, decline, by: node, at: now)
        case .done(let job, let attempt, let outcome): done(job, attempt, outcome, by: node, at: now)
        case .busy(let milliseconds):
            let patience = min(.milliseconds(Int64(milliseconds)), timing.longestBusy)
            workers[node]?.link.excuse(until: now + patience)
        case .stock(let stock): hearStock(node, stock, at: now)
        case .bye: forgetWorker(node, .handedBack, at: now)
        case .workerLoad(let load): workers[node]?.take(load)
        case .holdings(let report): hear(report, by: node, at: now)
        case .holdingsDigest(let digest): compare(digest, of: node, at: now)
        case .handover(let handover): send(.handover(handover), toEdge: handover.edge, at: now)
        case .unfound(let job, let edge): denied(job, for: edge, by: node, at: now)
        default: break
        }
    }

    mutating func keepWorker(_ node: NodeID, at now: Instant) {
        guard let worker = workers[node] else { return }
        let resetTooLong = worker.resetAt.map { now - $0 > timing.resetGrace } ?? false
        if resetTooLong || now - worker.link.lastHeard > timing.silence {
            return forgetWorker(node, .workerDied, at: now)
        }
        if worker.link.isOpen, now - worker.lastSent >= timing.heartbeat {
            send(.heartbeat(Heartbeat()), toWorker: node, at: now)
        }
    }

    /// The worker is gone: its leases are lost, and their edges are told.
    mutating func forgetWorker(_ node: NodeID, _ reason: LossReason, at now: Instant) {
        let leases = workers[node]?.leases.sorted { $0.key < $1.key } ?? []
        for (job, lease) in leases {
            release(job)
            tellLost(job, lease.attempt, reason, to: lease.edge, at: now)
        }
        let slots = workers[node]?.slotCounts ?? [:]
        forgetHoldings(of: node)
        if let number = workers[node]?.number { freeNumbers.append(number) }
        touchedWorkers.insert(node)
        workers[node] = nil
        placement.left(node, died: reason == .workerDied, at: now)
        noteSlots(of: node, before: slots)
    }

    /// A job that the worker brought along, running or waiting for its last acknowledgement.
    private mutating func adopt(_ job: HeldJob, at node: NodeID, _ now: Instant) {
        guard prevails(job, at: node, now) else { return }
        queue.adopt(job.job, job.model, job.lane, tenant: job.tenant)
        settleOrphan(job, at: now)
        leasedTo[job.job] = node
        let lease = WorkerPeer.Running(
            attempt: job.attempt,
            edge: job.edge,
            model: job.model,
            lane: job.lane,
            index: 0,
            charge: Charge(
                sequences: job.charge.sequences,
                tokens: min(job.charge.tokens, WorkerPeer.tokenLimit)
            ),
            since: now,
            isResumable: job.isResumable
        )
        workers[node]?.add(lease, of: job.job)
    }

    mutating func learn(_ cards: [ModelCard], at now: Instant) {
        let before = models
        for var card in cards where models[card.name] != nil || models.count < limits.modelNames {
            // Each worker has its own.
            card.revision = nil
            models[card.name] = card
        }
        noteServed()
        if models != before { announceModels(at: now) }
    }

    /// Tells edges which models have lost their last worker, or have one again.
    mutating func announceServed(at now: Instant) {
        let before = models
        noteServed()
        if models != before { announceModels(at: now) }
    }

    private mutating func noteServed() {
        for name in models.keys {
            models[name]?.isServed = workers.values.contains { $0.serves(name) }
            noteStanding(of: name)
        }
    }

    /// The worker did not take the job: it goes on, and its edge knows the next attempt.
    private mutating func declined(
        _ job: JobID,
        _ attempt: Attempt,
        _ decline: Decline,
        by node: NodeID,
        at now: Instant
    ) {
        guard leasedTo[job] == node, let lease = workers[node]?.leases[job], lease.attempt == attempt else {
            return
        }
        release(job)
        tellLost(job, attempt, .handedBack, to: lease.edge, at: now)
    }

    private mutating func done(
        _ job: JobID,
        _ attempt: Attempt,
        _ outcome: LeaseOutcome,
        by node: NodeID,
        at now: Instant
    ) {
        guard leasedTo[job] == node, let lease = workers[node]?.leases[job], lease.attempt == attempt else {
            return
        }
        let cached = min(outcome.cachedTokens, outcome.promptTokens)
        let service = Service(
            freshTokens: UInt64(outcome.promptTokens - cached),
            cachedTokens: UInt64(cached),
            answerTokens: UInt64(lease.committedTokens) + UInt64(outcome.generatedTokens)
        )
        let tenant = queue.tenant(ofLeased: job) ?? Routing().tenant
        noteFound(outcome, of: lease, at: node)
        release(job, outcome.kind == .handedBack ? .lost : .served(service))
        switch outcome.kind {
        case .finished, .failed:
            if outcome.kind == .failed { forgetTwin(job) }
            counters.finished += 1
            measure(outcome, of: lease, tenant, at: now)
        case .cancelled:
            send(.cancelled(job, attempt), toEdge: lease.edge, at: now)
        case .handedBack:
            tellLost(job, attempt, .handedBack, to: lease.edge, at: now)
        }
    }

    /// One stream's speed times the streams beside it: what the model serves in all, for waiting-time
    /// estimates.
    private mutating func measure(
        _ outcome: LeaseOutcome,
        of lease: WorkerPeer.Running,
        _ tenant: String,
        at now: Instant
    ) {
        let seconds = Double((now - lease.since).microseconds) / 1_000_000
        // A worker may name any model in its hello; rates are kept of those that can be asked for.
        guard seconds > 0, models[lease.model] != nil else { return }
        let beside = 1 + queue.leasedCount(of: lease.model)
        let tokens = Double(outcome.promptTokens) + Double(outcome.generatedTokens)
        queue.measured(lease.model, tokensPerSecond: tokens / seconds * Double(beside))
        guard outcome.generatedTokens > 0 else { return }
        let had = Service(
            freshTokens: UInt64(outcome.promptTokens),
            answerTokens: UInt64(outcome.generatedTokens)
        )
        let times = ServiceTimes(
            firstToken: .milliseconds(Int64(outcome.promptMilliseconds)),
            answer: .milliseconds(Int64(outcome.answerMilliseconds))
        )
        queue.measured(lease.model, had, times, of: tenant)
    }
}
