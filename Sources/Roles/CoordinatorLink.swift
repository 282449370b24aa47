internal import Contract

/// A process's side of its link to the coordinator: the session, and what waits for one.
///
/// Edges and workers alike say `hello` with their whole state, wait for the welcome, and keep the session
/// alive. What is said while no session is open is held back for the next welcome, unless another hello
/// tells it first.
struct CoordinatorLink: Sendable {
    /// What is due on the link because time has passed.
    enum Chore {
        case none
        case heartbeat
        case greeting
    }

    private let timing: FleetTiming
    private var link: Link
    private var lastSent: Instant
    private var lastGreeting: Instant?
    private var heldBack: [Message] = []

    init(epoch: BootEpoch, timing: FleetTiming, at now: Instant) {
        self.timing = timing
        link = Link(.client, epoch: epoch, at: now)
        lastSent = now
    }

    var isOpen: Bool { link.isOpen }

    /// Judges what came in; `resync`, which is outside any session, asks for a hello, unless one is under
    /// way.
    mutating func receive(_ envelope: Envelope, at now: Instant) -> Link.Verdict {
        guard envelope.header.sequence != 0 else {
            return envelope.message == .resync && !link.isGreeting ? .broken : .drop
        }
        var opens = false
        if case .welcome = envelope.message { opens = true }
        return link.receive(envelope.header, opens: opens, at: now)
    }

    /// The connection is gone: whatever was under way on it may be lost.
    mutating func close() { link.close() }

    /// The hello that begins a session.
    ///
    /// It tells everything, so what was held back is void.
    mutating func greet(_ hello: Hello, at now: Instant) -> Envelope {
        lastGreeting = now
        heldBack = []
        return Envelope(header: link.greet(at: now), message: .hello(hello))
    }

    /// What to send for a message: itself in a session; nothing yet between a hello and its welcome, since
    /// the hello could not tell of it.
    mutating func send(_ message: Message, at now: Instant) -> Envelope? {
        guard link.isOpen else {
            heldBack.append(message)
            return nil
        }
        lastSent = now
        return Envelope(header: link.stamp(at: now), message: message)
    }

    /// A session began: what was held back, ready to be sent.
    mutating func takeHeldBack(at now: Instant) -> [Envelope] {
        let messages = heldBack
        heldBack = []
        return messages.compactMap { send($0, at: now) }
    }

    func chore(at now: Instant) -> Chore {
        guard link.isOpen else {
            return lastGreeting.map { now - $0 >= timing.helloRetry } ?? true ? .greeting : .none
        }
        if now - link.lastHeard > timing.silence { return .greeting }
        return now - lastSent >= timing.heartbeat ? .heartbeat : .none
    }
}
