/// Whether a model can be used, as clients are told.
public enum ModelState: String, CaseIterable, Sendable {
    /// A worker has it.
    case loaded
    /// A worker is loading it; jobs wait.
    case loading
    /// It is loaded when somebody asks for it.
    case unloaded
    /// It could not be loaded, and is not tried again until somebody says so.
    case failed
    /// The workers that had it are gone; jobs wait for the next.
    case away
}

/// What the operator wants of a model, whoever asks for it.
public struct ModelWish: Hashable, Sendable {
    /// It is loaded without being asked for, and never makes room for another.
    public var isPinned: Bool
    /// Workers that shall have it while it is wanted; at least 1.
    public var replicas: UInt32
    /// Nil: it stays until its memory is wanted for another.
    public var idleUnloadSeconds: UInt32?

    public init(isPinned: Bool = false, replicas: UInt32 = 1, idleUnloadSeconds: UInt32? = nil) {
        self.isPinned = isPinned
        self.replicas = replicas
        self.idleUnloadSeconds = idleUnloadSeconds
    }
}

/// One model that a worker has or could load: what became of it there, in absolute numbers.
///
/// Can become: absent → loading → resident → draining → absent; a resident one that is to be loaded anew
/// → swapping (the next generation comes beside it) → resident, or where there is no room for two
/// → reloading (it drains first) → loading → resident. A load that fails leaves what was there before.
public struct ModelStock: Hashable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        case absent
        case loading
        case resident
        case swapping
        case reloading
        case draining

        /// Whether jobs can be leased.
        public var serves: Bool { self == .resident || self == .swapping }
        /// Whether a load is under way, or begins as soon as there is room.
        public var loads: Bool { self == .loading || self == .swapping || self == .reloading }
    }

    /// What is known of it; of an absent one what its files say without the weights.
    public var card: ModelCard
    public var wish: ModelWish
    public var state: State
    /// Counts the loads of this model by this life of the worker: that of what serves, else of the last.
    public var generation: UInt32
    /// Of the load under way.
    public var percent: UInt32
    /// Memory that it takes here now, all its generations together.
    public var bytes: UInt64
    /// Memory that it takes when it is loaded.
    public var neededBytes: UInt64
    /// What loading took, or will take.
    public var loadMilliseconds: UInt32
    /// Since when what serves has been here.
    public var residentMilliseconds: UInt32
    /// Loads that failed one after the other.
    public var failures: UInt32
    /// Why the last of them did; nil where none has.
    public var reason: String?

    public init(_ card: ModelCard, wish: ModelWish = ModelWish(), neededBytes: UInt64) {
        self.card = card
        self.wish = wish
        self.neededBytes = neededBytes
        state = .absent
        generation = 0
        percent = 0
        bytes = 0
        loadMilliseconds = 0
        residentMilliseconds = 0
        failures = 0
    }

    public var name: String { card.name }
}

/// The models of a worker and the memory that they share.
public struct WorkerPool: Hashable, Sendable {
    /// For weights, keys and values of all models together.
    public var budgetBytes: UInt64
    public var stock: [ModelStock]

    public init(budgetBytes: UInt64, stock: [ModelStock]) {
        self.budgetBytes = budgetBytes
        self.stock = stock
    }
}

/// What a worker is told to do with a model; said twice it does no more than said once.
public struct ModelOrder: Hashable, Sendable {
    public var model: String
    /// To load: a generation above this one is wanted.
    ///
    /// To unload: those up to this one are not.
    public var generation: UInt32
    /// Earlier failures do not count any more.
    public var forgives: Bool

    public init(_ model: String, generation: UInt32, forgives: Bool = false) {
        self.model = model
        self.generation = generation
        self.forgives = forgives
    }
}

/// An operator's command, as an edge passes it on.
public struct ManageRequest: Hashable, Sendable {
    public enum Action: String, CaseIterable, Sendable {
        case load
        /// Loads it anew from its path wherever it is, one worker after the other.
        case reload
        case unload
        case status
    }

    /// Drawn by the edge; the reply has it too.
    public var id: UInt64
    public var action: Action
    /// Empty for the status of all.
    public var model: String
    /// Nil: wherever it suits best.
    public var worker: NodeID?

    public init(id: UInt64, action: Action, model: String = "", worker: NodeID? = nil) {
        self.id = id
        self.action = action
        self.model = model
        self.worker = worker
    }
}

/// What came of a command, and how the models stand.
public struct ManageReply: Hashable, Sendable {
    /// One worker's models.
    public struct Worker: Hashable, Sendable {
        public var node: NodeID
        public var pool: WorkerPool

        public init(node: NodeID, pool: WorkerPool) {
            self.node = node
            self.pool = pool
        }
    }

    /// What the coordinator knows of a model beyond what its workers say.
    public struct Model: Hashable, Sendable {
        public var name: String
        public var state: ModelState
        public var waitingCount: UInt32
        public var runningCount: UInt32
        public var failure: String?

        public init(
            name: String,
            state: ModelState,
            waitingCount: UInt32,
            runningCount: UInt32,
            failure: String? = nil
        ) {
            self.name = name
            self.state = state
            self.waitingCount = waitingCount
            self.runningCount = runningCount
            self.failure = failure
        }
    }

    public var id: UInt64
    /// Why nothing was done; nil when something was, or nothing was to be.
    public var refusal: Refusal?
    public var models: [Model]
    public var workers: [Worker]

    public init(id: UInt64, refusal: Refusal? = nil, models: [Model] = [], workers: [Worker] = []) {
        self.id = id
        self.refusal = refusal
        self.models = models
        self.workers = workers
    }
}
