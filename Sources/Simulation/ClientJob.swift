internal import Contract

/// A job as its client sees it, and what it would have got from a fleet in which nothing ever fails.
struct ClientJob {
    enum Phase: Hashable {
        case planned
        case running
        case ended(StreamEnd)
        case refused(Refusal)
        /// It has lost its connection, and will come back.
        case away
        /// It has come back to an edge that looks for its stream.
        case seeking
        /// Its edge died, and with it the connection.
        case aborted
    }

    var job: Job
    var edge: NodeID
    var submitAt: Instant
    var cancelAt: Instant?
    var phase = Phase.planned
    var ids: [TokenID] = []
    var text = ""
    var cancelled = false
    /// Which of a scenario's groups it is of.
    var group: Int?
    /// Whether it is one of the prompts of which many begin alike.
    var beginsLikeOthers = false
    var startedAt: Instant?
    var firstShownAt: Instant?
    /// Records without tokens that it was shown since the last token.
    var recordsHere = 0
    /// What it had when it came back, while that is told again.
    var skip: (position: Int, records: Int)?
    var awayAt: Instant?

    var isOver: Bool {
        switch phase {
        case .planned, .running, .away, .seeking: false
        case .ended, .refused, .aborted: true
        }
    }
}

/// The undisturbed run of a job.
struct Expected: Hashable {
    var ids: [TokenID]
    var text: String
    var end: StreamEnd
}
