/// What can go wrong in the simulated world.
public enum Fault: String, CaseIterable, Sendable {
    case edgeCrash = "edge-crash"
    case coordinatorCrash = "coordinator-crash"
    case workerCrash = "worker-crash"
    /// A process leaves on purpose, with everything it still has in hand.
    case departure
    case brokenConnection = "broken-connection"
    case blackout
    case pause
    /// A process takes nothing on any more, and leaves later.
    case drain
    /// A client loses its connection to an edge that lives.
    case lostClient = "lost-client"
}
