public import Contract

/// Watches over the coordinator that serves, and says when the one that stands by has to take its place.
///
/// There is no vote and no store. A second coordinator serves only if somebody asks it, and whoever asks has
/// had no answer from the first; and only while it does not hear the first itself. When the first is back it
/// stops, and sends everybody home.
///
/// Two that serve at once are no danger: edges alone count attempts, a worker has a session with one
/// coordinator at a time, and what either says to somebody who has left is not heard. Each term is a life of
/// its own, with a boot epoch of its own: taking over is what a restart is.
///
/// Holds no socket and no clock: events and instants go in, effects come out.
public struct StandbyRole: Sendable {
    /// What the shell has to do.
    public enum Effect: Hashable, Sendable {
        case sendToFirst(Envelope)
        /// Begin to serve, with nothing known.
        case takeOver
        /// Send everybody home and serve no more.
        case stepDown
    }

    private let timing: FleetTiming
    private var first: CoordinatorLink
    private var lastHeard: Instant
    /// Set while the connection is known to be gone.
    private var resetAt: Instant?
    /// The first has said goodbye, and nothing since.
    private var hasLeft = false
    private var openedAt: Instant?
    public private(set) var isServing = false
    private var effects: [Effect] = []

    public init(epoch: BootEpoch, timing: FleetTiming = FleetTiming(), at now: Instant) {
        self.timing = timing
        first = CoordinatorLink(epoch: epoch, timing: timing, at: now)
        lastHeard = now
    }

    public mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    /// Whether the first is there, as far as this one can tell.
    ///
    /// At its start it is taken to be.
    public func hearsFirst(at now: Instant) -> Bool {
        if hasLeft || now - lastHeard > timing.silence { return false }
        return resetAt.map { now - $0 <= timing.resetGrace } ?? true
    }

    /// An edge or a worker says hello to this one: true if it is to be answered.
    public mutating func asked(at now: Instant) -> Bool {
        if !isServing, !hearsFirst(at: now) {
            isServing = true
            effects.append(.takeOver)
        }
        return isServing
    }

    /// A message from the first coordinator.
    public mutating func receiveFromFirst(_ envelope: Envelope, at now: Instant) {
        switch first.receive(envelope, at: now) {
        case .drop: return
        case .broken: return greet(at: now)
        case .opened:
            openedAt = now
            resetAt = nil
            hasLeft = false
        case .deliver:
            guard envelope.message == .bye else { break }
            hasLeft = true
            return first.close()
        }
        lastHeard = now
    }

    public mutating func firstConnected(at now: Instant) { greet(at: now) }

    public mutating func firstDisconnected(at now: Instant) {
        first.close()
        if resetAt == nil { resetAt = now }
    }

    /// Everything that is due because time has passed.
    public mutating func tick(at now: Instant) {
        switch first.chore(at: now) {
        case .none, .turning: break
        case .greeting: greet(at: now)
        case .heartbeat:
            guard let envelope = first.send(.heartbeat(Heartbeat()), at: now) else { break }
            effects.append(.sendToFirst(envelope))
        }
        guard isServing, first.isOpen, hearsFirst(at: now), let openedAt,
            now - openedAt >= timing.homecoming
        else { return }
        isServing = false
        effects.append(.stepDown)
    }

    private mutating func greet(at now: Instant) {
        effects.append(.sendToFirst(first.greet(Hello(role: .coordinator), at: now)))
    }
}
