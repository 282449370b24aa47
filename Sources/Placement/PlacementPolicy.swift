public import Contract

/// How models are spread over workers: every patience and bound of it.
public struct PlacementPolicy: Hashable, Sendable {
    /// A model that somebody wants keeps its place for at least so long after it was loaded.
    public var residency: Duration = .seconds(60)
    /// The same in loads: for so many times what loading it took.
    public var residencyLoads = 5.0
    /// Failed loads and deaths of workers under one, in a row, after which a model is given up.
    public var strikes = 3
    /// After the first failure; doubled after each further one.
    public var retry: Duration = .seconds(1)
    public var longestRetry: Duration = .seconds(60)
    /// How long an operator's command to load waits for a worker that could.
    public var commandPatience: Duration = .seconds(600)

    public init() {}

    /// How long a model waits after so many strikes.
    func pause(after strikes: Int) -> Duration {
        var pause = retry
        for _ in 1..<max(1, min(strikes, 16)) { pause *= 2 }
        return min(pause, longestRetry)
    }
}

/// What is asked of a model at the moment.
public struct ModelDemand: Hashable, Sendable {
    public var waitingCount: Int
    /// What those that wait have waited, together: grows as long as one of them does.
    public var waitedSeconds: Double
    /// Jobs by the worker that has them.
    public var running: [NodeID: Int]

    public init(waitingCount: Int = 0, waitedSeconds: Double = 0, running: [NodeID: Int] = [:]) {
        self.waitingCount = waitingCount
        self.waitedSeconds = waitedSeconds
        self.running = running
    }

    var runningCount: Int { running.values.reduce(0, +) }
    var isWanted: Bool { waitingCount > 0 || runningCount > 0 }
}
