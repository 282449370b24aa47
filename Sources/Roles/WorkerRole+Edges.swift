public import Contract

extension WorkerRole {
    /// A message from an edge on the token plane.
    public mutating func receiveFromEdge(_ node: NodeID, _ envelope: Envelope, at now: Instant) {
        let message = envelope.message
        if envelope.header.sequence == 0 {
            if message == .resync, edges[node]?.link.isGreeting == false { greet(node, at: now) }
            return
        }
        var opens = false
        if case .welcome = message { opens = true }
        switch edges[node]?.link.receive(envelope.header, opens: opens, at: now) {
        case .drop, nil: break
        case .broken: greet(node, at: now)
        case .opened(let newLife): enter(node, newLife: newLife, at: now)
        case .deliver: hear(node, message, at: now)
        }
        sendCreditIfChanged(at: now)
    }

    public mutating func edgeConnected(_ node: NodeID, at now: Instant) { greet(node, at: now) }

    public mutating func edgeDisconnected(_ node: NodeID) { edges[node]?.link.close() }

    /// Nothing could be queued for this edge: try again from what it has acknowledged when it speaks again.
    public mutating func edgeOutboxFull(_ node: NodeID) { edges[node]?.link.close() }

    mutating func attachEdge(_ node: NodeID, _ endpoint: String, _ job: JobID, at now: Instant) {
        if let edge = edges[node], edge.endpoint != endpoint {
            // The edge came back elsewhere. Its former streams are lost to us; it knows them no more.
            edgeLeft(node, at: now)
        }
        if edges[node] == nil {
            let link = Link(.client, epoch: identity.epoch, at: now)
            edges[node] = EdgeLink(link: link, endpoint: endpoint, lastSent: now)
            effects.append(.dial(node, endpoint: endpoint))
        }
        edges[node]?.jobs.insert(job)
    }

    mutating func keepEdgeLink(_ node: NodeID, at now: Instant) {
        guard let edge = edges[node] else { return }
        if now - edge.link.lastHeard > timing.edgeGone { return loseEdge(node, at: now) }
        if edge.link.isOpen {
            if now - edge.link.lastHeard > timing.silence { return greet(node, at: now) }
            if now - edge.lastSent >= timing.heartbeat {
                send(
                    .heartbeat(Heartbeat(step: step, running: UInt32(clamping: edge.jobs.count))),
                    to: node,
                    at: now
                )
            }
        } else if edge.lastGreeting.map({ now - $0 >= timing.helloRetry }) ?? true {
            greet(node, at: now)
        }
    }

    mutating func send(_ message: Message, to edge: NodeID, at now: Instant) {
        guard let header = edges[edge]?.link.stamp(at: now) else { return }
        edges[edge]?.lastSent = now
        effects.append(.sendToEdge(edge, Envelope(header: header, message: message)))
    }

    /// Sends what is unsent, one bundle after the other, as far as the window allows.
    mutating func flush(_ node: NodeID, at now: Instant) {
        while let edge = edges[node], edge.link.isOpen, !edge.unsent.isEmpty,
            edge.inFlight < limits.recordsInFlight
        {
            let bundle = nextBundle(for: node)
            guard !bundle.isEmpty else { return }
            send(.tokens(bundle), to: node, at: now)
        }
    }

    private mutating func nextBundle(for node: NodeID) -> [TokenRecord] {
        guard var edge = edges[node] else { return [] }
        var bundle: [TokenRecord] = []
        var byteCount = 0
        var done = 0
        while done < edge.unsent.count, bundle.count < limits.recordsPerBundle,
            byteCount < limits.bundleBytes
        {
            let id = edge.unsent[done]
            guard edge.jobs.contains(id), let record = jobs[id]?.takeUnsent() else {
                done += 1
                continue
            }
            bundle.append(record)
            byteCount += record.byteCount
            edge.inFlight += 1
        }
        edge.unsent.removeFirst(done)
        edges[node] = edge
        return bundle
    }

    private mutating func greet(_ node: NodeID, at now: Instant) {
        guard var edge = edges[node] else { return }
        edge.lastGreeting = now
        edge.lastSent = now
        let header = edge.link.greet(at: now)
        edges[node] = edge
        let hello = Hello(
            role: .worker,
            jobs: edge.jobs.sorted().compactMap { jobs[$0]?.held },
            fingerprint: identity.fingerprint
        )
        effects.append(.sendToEdge(node, Envelope(header: header, message: .hello(hello))))
    }

    /// A session began: whatever was not acknowledged may be lost and is sent again.
    private mutating func enter(_ node: NodeID, newLife: Bool, at now: Instant) {
        for job in edges[node]?.jobs.sorted() ?? [] where isForgotten(job, by: node, newLife: newLife) {
            disown(job, at: now)
        }
        edges[node]?.hasMet = true
        tellMoved(node, at: now)
        guard let edge = edges[node] else { return }
        var unsent: [JobID] = []
        for id in edge.jobs.sorted() {
            jobs[id]?.rewind()
            if let job = jobs[id], job.sent < job.output.count { unsent.append(id) }
        }
        edges[node]?.unsent = unsent
        edges[node]?.inFlight = 0
        flush(node, at: now)
    }

    /// Whether the edge that a job belongs to has begun a life since that knows nothing of it.
    private func isForgotten(_ job: JobID, by node: NodeID, newLife: Bool) -> Bool {
        guard let edge = edges[node] else { return false }
        return jobs[job]?.edgeEpoch.map { $0 != edge.link.peerEpoch } ?? (newLife && edge.hasMet)
    }

    private mutating func hear(_ node: NodeID, _ message: Message, at now: Instant) {
        switch message {
        case .ack(let acknowledgements):
            for acknowledgement in acknowledgements { acknowledge(acknowledgement, from: node, at: now) }
        case .resume(let job, let attempt, let position):
            rewind(job, attempt, to: position, for: node)
        case .abandon(let job, let attempt):
            guard jobs[job]?.edge == node, jobs[job]?.ownerlessSince == nil else { return }
            stop(job, upTo: attempt, at: now)
        case .bye:
            edgeLeft(node, at: now)
        default:
            break
        }
        flush(node, at: now)
    }

    private mutating func acknowledge(
        _ acknowledgement: Acknowledgement,
        from node: NodeID,
        at now: Instant
    ) {
        guard var job = jobs[acknowledgement.job], job.edge == node, job.ownerlessSince == nil,
            job.attempt == acknowledgement.attempt
        else { return }
        if acknowledgement.ended, let end = job.output.last?.end {
            linger(job, at: now)
            forget(job.id)
            return settle(job, LeaseOutcome.Kind(end), at: now)
        }
        let before = job.acknowledged
        job.acknowledge(upTo: acknowledgement.next)
        edges[node]?.inFlight -= job.acknowledged - before
        jobs[job.id] = job
    }

    private mutating func rewind(_ id: JobID, _ attempt: Attempt, to position: UInt32, for node: NodeID) {
        guard var job = jobs[id], job.edge == node, job.ownerlessSince == nil, job.attempt == attempt else {
            return
        }
        let before = (sent: job.sent, acknowledged: job.acknowledged)
        job.rewind(to: position)
        job.acknowledged = min(job.acknowledged, job.sent)
        edges[node]?.inFlight += (job.sent - job.acknowledged) - (before.sent - before.acknowledged)
        jobs[id] = job
        if job.sent < job.output.count, edges[node]?.unsent.contains(id) == false {
            edges[node]?.unsent.append(id)
        }
    }

    /// The edge ended, and may have clients that come to another one.
    private mutating func edgeLeft(_ node: NodeID, at now: Instant) {
        for job in edges[node]?.jobs.sorted() ?? [] { disown(job, at: now) }
        loseEdge(node, at: now)
    }

    /// The edge is gone for good, or for longer than anybody waits: nobody wants its streams.
    private mutating func loseEdge(_ node: NodeID, at now: Instant) {
        for job in edges[node]?.jobs.sorted() ?? [] { handBack(job, at: now) }
        edges[node] = nil
        effects.append(.hangUp(node))
    }
}
