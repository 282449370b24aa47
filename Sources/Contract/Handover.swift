/// All that a worker or a coordinator knows of a stream whose client has come to another edge.
///
/// The edge that gets it may own the job from then on: `submission` holds the job, every token that was ever
/// put out for it, and the attempt that has to be fenced.
public struct Handover: Hashable, Sendable {
    /// Who asked for it.
    public var edge: NodeID
    public var submission: Submission

    public init(edge: NodeID, submission: Submission) {
        self.edge = edge
        self.submission = submission
    }
}

/// "That stream is mine now": an edge has taken a job over, and its worker goes on with it in place.
public struct Claim: Hashable, Sendable {
    public var job: JobID
    /// Higher than every attempt that the former owner can have counted to.
    public var attempt: Attempt
    public var edge: NodeID
    public var tokenEndpoint: String
    /// The life of the edge that owns it now; a later one knows nothing of it.
    public var edgeEpoch: BootEpoch?

    public init(job: JobID, attempt: Attempt, edge: NodeID, tokenEndpoint: String) {
        self.job = job
        self.attempt = attempt
        self.edge = edge
        self.tokenEndpoint = tokenEndpoint
    }
}

extension Attempt {
    /// The first attempt of another owner.
    ///
    /// Owners count in the lower half and follow each other in the upper one, so that whatever a former owner
    /// may still count to is fenced by its successor's first attempt.
    public var takenOver: Attempt { Attempt(rawValue: ((rawValue >> 16) &+ 1) << 16 | 1) }

    /// What to hand out to the next edge that asks, where `last` was handed out before: whoever asks later
    /// counts higher, so that no two owners ever count alike.
    public func fence(after last: Attempt?) -> Attempt {
        guard let last, last >= self else { return self }
        return last.takenOver > last ? last.takenOver : last
    }
}
