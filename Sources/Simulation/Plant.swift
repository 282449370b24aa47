/// A bug put into the fleet on purpose, to show that the checkers would see it.
///
/// Each is planted by tampering with what passes between the real roles, never inside them: what arrives is
/// what would arrive, or what is done is what would be done, if the role had that bug.
public enum Plant: String, CaseIterable, Sendable {
    /// The edge takes records of any attempt: each arrives with the current attempt on it.
    case attemptNotChecked = "attempt-not-checked"
    /// The edge takes records at any position: each arrives with the next position on it.
    case positionNotChecked = "position-not-checked"
    /// The coordinator takes credit as a delta: the leases under way are never subtracted.
    case creditAsDelta = "credit-as-delta"
    /// The edge acknowledges before it appends, and then loses the record.
    case ackBeforeAppend = "ack-before-append"
    /// The coordinator keeps the death of a worker to itself, and the edge does not look.
    case lossNotTold = "loss-not-told"
    /// The worker forgets to say that a lease is done.
    case doneNotSaid = "done-not-said"
    /// The worker counts draws per attempt, so a continued job gets other random numbers.
    case drawsRestarted = "draws-restarted"
    /// The coordinator does not settle what was cancelled: its tenant goes on holding the place.
    case cancelNotSettled = "cancel-not-settled"
    /// A job that comes back goes to the end of its line.
    case placeLost = "place-lost"
    /// The coordinator forgets what a tenant has had when its edge connects again: what comes then is counted
    /// as a newcomer's.
    case counterReset = "counter-reset"
    /// A worker goes on counting the prompts of jobs that were cancelled to its load.
    case loadNotReleasedOnCancel = "load-not-released-on-cancel"
    /// A worker does not say what its engine has evicted.
    case ownershipNotDroppedOnEviction = "ownership-not-dropped-on-eviction"
    /// The coordinator does not see that a model is being loaded already.
    case loadNotShared = "load-not-shared"
    /// The coordinator does not count the loads that failed.
    case failureNotCounted = "failure-not-counted"
    /// A client that comes back is shown its stream from one token too late.
    case resumeAtWrongPosition = "resume-at-wrong-position"
    /// An edge that takes a stream over goes on under the attempt that the former one counts with.
    case takeoverNotFenced = "takeover-not-fenced"
    /// A worker takes a new life of an edge for the old one, by whose epoch it goes on.
    case epochNotChecked = "epoch-not-checked"
    /// What was begun with some weights is gone on with by whatever weights there are.
    case revisionNotChecked = "revision-not-checked"

    /// Where it shows.
    public var scenario: Scenario {
        switch self {
        case .counterReset: .equalTenants
        case .placeLost: .places
        case .loadNotShared, .failureNotCounted: .placement
        case .resumeAtWrongPosition, .takeoverNotFenced, .epochNotChecked: .continuation
        case .revisionNotChecked: .placementFaults
        default: .faults
        }
    }
}
