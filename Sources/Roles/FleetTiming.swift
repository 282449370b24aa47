/// Every interval and patience of the fleet, in one place.
public struct FleetTiming: Sendable {
    /// How often each side of an open link says something.
    public var heartbeat: Duration = .milliseconds(500)
    /// How often an unanswered `hello` is said again.
    public var helloRetry: Duration = .milliseconds(500)
    /// A peer that was silent for this long is dead.
    public var silence: Duration = .seconds(3)
    /// A peer whose connection was reset is dead unless it says hello within this time.
    public var resetGrace: Duration = .milliseconds(700)
    /// How long a worker computes for an edge, and the coordinator queues for it, without hearing from it.
    public var edgeGone: Duration = .seconds(10)
    /// After its start, how long a coordinator waits for the worker that an edge says is running its job.
    public var rebuild: Duration = .seconds(3)
    /// How long a coordinator that went away is heard again before everybody is sent home to it.
    public var homecoming: Duration = .seconds(1)
    /// How long a stream is looked for that a client asks for, and how often.
    public var seekPatience: Duration = .seconds(3)
    public var seekRetry: Duration = .milliseconds(250)
    /// How long a job that has begun is put up again when it is refused for now, and how often.
    public var strandedPatience: Duration = .seconds(10)
    public var strandedRetry: Duration = .milliseconds(250)
    /// How long a job waits for another worker than the one that it was lost on.
    public var avoidPatience: Duration = .seconds(1)
    /// How often edges are told where their jobs stand.
    public var positions: Duration = .seconds(1)
    /// How often it is considered anew which worker has which model, if nothing else gives cause.
    public var placement: Duration = .milliseconds(250)
    /// After its start, how long a coordinator waits for workers that may have what is asked for, before it
    /// has a model loaded.
    public var gathering: Duration = .seconds(2)
    /// How often tokens are acknowledged, unless there are many or the last.
    public var acknowledgement: Duration = .milliseconds(50)
    /// The longest silence that a peer may announce.
    public var longestBusy: Duration = .seconds(600)
    /// How long a worker is expected to come to hold what it was given to compute.
    public var expectation: Duration = .seconds(10)
    /// How often a worker tells of what it holds and is at, unless it has much to tell; and how often it has
    /// the books compared.
    public var telling: Duration = .milliseconds(20)
    public var comparison: Duration = .milliseconds(500)
    /// How often a `resync` is repeated.
    public var resyncRetry: Duration = .milliseconds(200)

    public init() {}
}

/// Every count and size that the roles are bounded by.
public struct FleetLimits: Sendable {
    /// Jobs that one edge owns at a time, and that a coordinator queues for it.
    public var jobsPerEdge = 8192
    /// Prompts of the jobs that one edge owns at a time, in bytes.
    public var promptBytesPerEdge = 1 << 30
    /// Peers of each kind that a coordinator or an edge knows.
    public var peers = 4096
    /// Records of one stream that are told to another process, in bytes; beyond that its client cannot come
    /// back to another edge.
    public var toldBytes = 512 << 10
    /// A prompt and these records together.
    public var toldPromptBytes = 4 << 20
    /// Streams that one edge looks for at a time.
    public var seeksPerEdge = 1024
    /// Jobs that a coordinator knows by the keys under which their clients may ask again.
    public var twins = 1 << 17
    /// Streams that a worker keeps after their end.
    public var lingeringStreams = 1024
    /// Coordinators that watch over one.
    public var standbys = 16
    /// Distinct models that a coordinator knows.
    public var modelNames = 1024
    /// Links of prompts that a coordinator remembers the holders of.
    public var links = 1 << 20
    /// Workers whose models are told of in one status.
    public var statusWorkers = 1024
    /// Records in one bundle.
    public var recordsPerBundle = 512
    /// Ids and texts in one bundle before its last record, in bytes; far below the token plane's frame limit.
    public var bundleBytes = 256 << 10
    /// Unacknowledged records that a worker keeps in flight to one edge.
    public var recordsInFlight = 4096
    /// Tokens after which an acknowledgement is sent at once.
    public var tokensPerAcknowledgement = 32
    /// A job that was lost with this many workers without one new token is taken for the cause.
    public var lossesAtOnePosition = 3

    public init() {}
}
