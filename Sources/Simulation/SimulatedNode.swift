internal import Contract
internal import Engine
internal import Roles

/// What every simulated process has: a life, a clock of its own, and perhaps a pause.
struct NodeState {
    let node: NodeID
    /// Counts the lives; events of an earlier one are dropped.
    var life = 0
    var isAlive = false
    var pausedUntil: Instant?
    /// Events that came during a pause, in order.
    var postponed: [SimulationEvent] = []
    /// Its clock: an offset and a rate in parts per thousand.
    var offset: Int64 = 0
    var rate: Int64 = 1000

    init(_ node: NodeID) { self.node = node }

    func localTime(_ world: Instant) -> Instant {
        Instant(microseconds: offset + world.microseconds * rate / 1000)
    }
}

/// An edge process.
struct SimulatedEdge {
    var state: NodeState
    var role: EdgeRole
}

/// The coordinator process.
struct SimulatedCoordinator {
    var state: NodeState
    var role: CoordinatorRole
}

/// A coordinator process that stands by: its watch, and the role of its present term.
struct SimulatedStandby {
    var state: NodeState
    var duty: StandbyRole
    var role: CoordinatorRole?

    init(_ node: NodeID) {
        self.init(state: NodeState(node), duty: StandbyRole(epoch: BootEpoch(rawValue: 0), at: .zero))
    }

    init(state: NodeState, duty: StandbyRole) {
        self.state = state
        self.duty = duty
    }

    /// Whether it lives and leaves the serving to the first.
    var isWatching: Bool { state.isAlive && role == nil }

    mutating func tick(at now: Instant) {
        duty.tick(at: now)
        role?.tick(at: now)
    }
}

/// A worker process: its role, and a real engine over a scripted model.
struct SimulatedWorker {
    var state: NodeState
    var role: WorkerRole
    var engine: EngineBox
    var stepIsScheduled = false
    /// What the step under way takes.
    var stepTime = Duration.zero
    var step: UInt64 = 0
    /// Stopped before the engine got them.
    var stopped: Set<StoppedAttempt> = []
    /// Models in its memory, where they come and go.
    var memory: [ModelCopy: CopyState] = [:]
    /// The weights of each.
    var revisions: [ModelCopy: Int] = [:]
    /// What each job that has begun runs on.
    var runs: [JobID: ModelCopy] = [:]
}

struct StoppedAttempt: Hashable {
    var job: JobID
    var attempt: Attempt
}

/// Holds an engine, which cannot be copied, where values are moved around.
final class EngineBox {
    var engine: Engine

    init(_ engine: consuming Engine) { self.engine = engine }
}

/// Something that happens in the simulated world.
enum SimulationEvent {
    case arrives(ConnectionID, Connection.Direction, generation: Int, Envelope)
    case connects(ConnectionID, generation: Int)
    case closes(ConnectionID, generation: Int)
    case ticks(NodeID, life: Int)
    case steps(NodeID, life: Int)
    case prepared(NodeID, life: Int, Lease)
    case submits(Int)
    case cancels(Int)
    case comesBack(Int)
    case leaves(NodeID, life: Int)
    case fault
    case breaksLink
    case killsWorker
    case restarts(NodeID, life: Int)
    case resumes(NodeID, life: Int)
    case loads(NodeID, life: Int, ModelCopy, percent: UInt32)
    case drops(NodeID, life: Int, ModelCopy)
    case manages

    /// The process that a pause would keep from it.
    var target: NodeID? {
        switch self {
        case .arrives(let id, .toServer, _, _): id.server
        case .arrives(let id, .toClient, _, _): id.client
        case .connects(let id, _): id.client
        case .ticks(let node, _), .steps(let node, _), .prepared(let node, _, _): node
        case .loads(let node, _, _, _), .drops(let node, _, _): node
        case .closes, .submits, .cancels, .comesBack, .leaves, .fault, .breaksLink, .killsWorker, .restarts,
            .resumes, .manages:
            nil
        }
    }
}
