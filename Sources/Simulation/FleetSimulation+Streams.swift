internal import Contract
internal import Roles

/// Clients that lose their connection and go on with their streams, at the same edge or another one.
extension FleetSimulation {
    /// A client's connection is gone; one whose stream can be gone on with comes back.
    func sendAway(_ index: Int) {
        guard clients[index].job.ticket != nil, clients[index].knowsStream else {
            return clients[index].phase = .aborted
        }
        clients[index].phase = .away
        clients[index].awayAt = now
        plan(.comesBack(index), after: random.duration(20_000...3_000_000))
    }

    func learnsOfStream(_ index: Int, at edge: NodeID) {
        if clients[index].phase == .running, clients[index].edge == edge { clients[index].knowsStream = true }
    }

    /// A stream ended at an edge while its client was not there.
    func noteEndUnseen(_ index: Int, _ code: ErrorCode) {
        if code != .streamLost { clients[index].isOverUnseen = true }
    }

    /// Whether a client that has come back is told to ask once more: the edge has no room for its stream, or
    /// learns only now that the client was elsewhere in between.
    func isTurnedAway(_ index: Int, _ code: ErrorCode) -> Bool {
        guard clients[index].phase == .running, clients[index].awayAt != nil,
            code == .streamLost || (code == .laneFull && !clients[index].ids.isEmpty)
        else { return false }
        clients[index].turnedAwayCount += 1
        return clients[index].turnedAwayCount <= 3
    }

    /// A connection breaks, and its edge lives.
    func cutAnyClient() {
        let indices = clients.indices.filter {
            clients[$0].phase == .running && clients[$0].job.ticket != nil
        }
        guard let index = indices.randomElement(using: &random) else { return }
        strike(.lostClient)
        trace?("\(now.microseconds) \(clients[index].job.id) loses \(clients[index].edge)")
        sendAway(index)
    }

    /// What its edge's death does to the clients that ask there or are shown something.
    func sendAwayAll(of edge: NodeID) {
        for index in clients.indices where clients[index].edge == edge {
            let phase = clients[index].phase
            if phase == .running || phase == .seeking { sendAway(index) }
        }
    }

    func sendAwayTicketed(of edge: NodeID) {
        for index in clients.indices where clients[index].edge == edge && clients[index].job.ticket != nil {
            let phase = clients[index].phase
            if phase == .running || phase == .seeking { sendAway(index) }
        }
    }

    func comeBack(_ index: Int) {
        guard clients[index].phase == .away else { return }
        let edge = anyEdge()
        let isThere = edges[edge]?.state.isAlive == true && pausedUntil(edge).map { $0 <= now } ?? true
        guard isThere else { return plan(.comesBack(index), after: random.duration(50_000...300_000)) }
        let id = clients[index].job.id
        trace?("\(now.microseconds) \(id) comes back at \(edge)")
        clients[index].edge = edge
        clients[index].skip = (Int(clients[index].ids.count), clients[index].recordsHere)
        if let told = edges[edge]?.role.told(of: id) {
            clients[index].phase = .running
            report.resumes += 1
            for record in told { show(record, by: edge) }
        } else {
            clients[index].phase = .seeking
            let local = localTime(edge)
            edges[edge]?.role.seek(id, at: local)
            settleEdge(edge)
        }
    }

    /// The stream was found: nothing of what the client has may be missing.
    func found(_ submission: Submission, by node: NodeID) {
        guard let index = clientIndex[submission.job.id], clients[index].phase == .seeking,
            clients[index].edge == node
        else { return }
        guard submission.committed.starts(with: clients[index].ids) else {
            let shown = "was shown \(clients[index].ids)"
            return violate("job \(submission.job.id) \(shown), and is found with \(submission.committed)")
        }
        clients[index].phase = .running
        report.resumes += 1
        let local = localTime(node)
        edges[node]?.role.adopt(submission, at: local)
        settleEdge(node)
    }

    /// Nobody has the stream: only where something else broke, or where the client was away for too long.
    func unfound(_ job: JobID, by node: NodeID) {
        guard let index = clientIndex[job], clients[index].phase == .seeking, clients[index].edge == node
        else { return }
        clients[index].phase = .aborted
        guard !clients[index].isOverUnseen, !mayBeLate(index) else { return }
        guard let awayAt = clients[index].awayAt, now - awayAt < .seconds(9) else { return }
        let others = strikes.filter { $0 != awayAt && $0 + .seconds(9) > awayAt }
        if others.isEmpty { violate("the stream \(job) is lost, and only its edge was") }
    }

    /// Whether its time is over by one clock or another.
    private func mayBeLate(_ index: Int) -> Bool {
        guard let limit = clients[index].job.limits.timeoutMilliseconds, let start = clients[index].startedAt
        else { return false }
        return now - start > .milliseconds(Int64(limit) * 9 / 10)
    }

    /// Whether a record is one that the client has, told again.
    func isToldAgain(_ record: TokenRecord, _ index: Int) -> Bool {
        guard let skip = clients[index].skip else { return false }
        var position = skip.position
        if plant == .resumeAtWrongPosition { position += 1 }
        let next = Int(record.nextPosition)
        if next < position || (next == position && !record.ids.isEmpty) { return true }
        if next == position, record.ids.isEmpty, skip.records > 0 {
            clients[index].skip?.records -= 1
            return true
        }
        clients[index].skip = nil
        return false
    }

    /// The end of a drain; who stands still then leaves later.
    func leaveInTime(_ node: NodeID, _ life: Int) {
        guard let state = state(of: node), state.life == life, state.isAlive else { return }
        guard state.pausedUntil == nil else {
            return plan(.leaves(node, life: life), after: .milliseconds(300))
        }
        leave(node)
    }

    /// A worker or an edge drains: it takes nothing on, and leaves in a while with what it still has.
    func drainAny() {
        let node = random.once(in: 3) ? anyEdge() : anyWorker()
        guard let state = state(of: node), state.isAlive, state.pausedUntil == nil else { return }
        strike(.drain)
        trace?("\(now.microseconds) drain \(node)")
        let local = state.localTime(now)
        if edges[node] != nil {
            edges[node]?.role.drain()
            settleEdge(node)
        } else {
            workers[node]?.role.drain(at: local)
            settleWorker(node)
        }
        plan(.leaves(node, life: state.life), after: random.duration(0...3_000_000))
    }
}
