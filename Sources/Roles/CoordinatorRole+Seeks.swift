internal import Contract
internal import Lanes

/// Streams that edges look for: whoever has one hands it over, and where nobody has, the edge is told as soon
/// as everybody has said so.
extension CoordinatorRole {
    /// One edge's question for one stream.
    struct Question: Hashable {
        var job: JobID
        var edge: NodeID
    }

    /// Who could know of a stream, and who has said that it does not.
    struct Inquiry {
        var asked: Set<NodeID>
        var denied: Set<NodeID> = []
        var since: Instant
    }

    /// What was handed out last of a job that waits, so that the next edge that asks counts higher.
    struct Fence {
        var attempt: Attempt
        var since: Instant
    }

    /// An edge looks for a stream: whoever has it hands over what is known.
    mutating func seek(_ job: JobID, by edge: NodeID, at now: Instant) {
        let question = Question(job: job, edge: edge)
        if let holder = leasedTo[job] {
            // It may have had to deny it before it got the lease.
            if inquiries[question]?.asked != [holder] { inquiries[question] = nil }
            return ask([holder], question, at: now)
        }
        guard var waiting = queue.waiting(job)?.submission ?? parked[job]?.submission else {
            // Its end may have been acknowledged, and its worker remembers it for a while; or an edge is
            // about to put it up again.
            return ask(Set(workers.keys).union(edges.keys).subtracting([edge]), question, at: now)
        }
        guard waiting.job.ticket != nil else { return send(.unfound(job, by: edge), toEdge: edge, at: now) }
        waiting.attempt = waiting.attempt.fence(after: fences[job]?.attempt)
        if fences.count < limits.jobsPerEdge { fences[job] = Fence(attempt: waiting.attempt, since: now) }
        send(.handover(Handover(edge: edge, submission: waiting)), toEdge: edge, at: now)
    }

    /// Somebody does not have a stream that it was asked for.
    mutating func denied(_ job: JobID, for edge: NodeID, by node: NodeID, at now: Instant) {
        let question = Question(job: job, edge: edge)
        inquiries[question]?.denied.insert(node)
        answer(question, at: now)
    }

    /// Asks those of `nodes` that have not answered the same question yet.
    private mutating func ask(_ nodes: Set<NodeID>, _ question: Question, at now: Instant) {
        guard inquiries[question] != nil || inquiries.count < limits.jobsPerEdge else { return }
        inquiries[question, default: Inquiry(asked: nodes, since: now)].asked = nodes
        let message = Message.seek(question.job, by: question.edge)
        for node in nodes.sorted() where inquiries[question]?.denied.contains(node) != true {
            if workers[node]?.link.isOpen == true {
                send(message, toWorker: node, at: now)
            } else {
                send(message, toEdge: node, at: now)
            }
        }
        answer(question, at: now)
    }

    /// Tells the edge that nobody has the stream, if that is certain: nobody has yet to answer who is there,
    /// and whoever was there before this coordinator has had the time to come.
    private mutating func answer(_ question: Question, at now: Instant) {
        guard let inquiry = inquiries[question], now - startedAt > timing.rebuild else { return }
        let isAnswered = inquiry.asked.allSatisfy { node in
            inquiry.denied.contains(node) || (workers[node] == nil && edges[node] == nil)
        }
        guard isAnswered else { return }
        inquiries[question] = nil
        send(.unfound(question.job, by: question.edge), toEdge: question.edge, at: now)
    }

    mutating func expireSeeks(at now: Instant) {
        if !fences.isEmpty { fences = fences.filter { now - $0.value.since <= timing.edgeGone } }
        guard !inquiries.isEmpty else { return }
        inquiries = inquiries.filter { now - $0.value.since <= timing.seekPatience }
    }
}
