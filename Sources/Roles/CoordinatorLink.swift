internal import Contract

/// A process's side of its link to the coordinator: the session, and what waits for one.
///
/// Edges and workers alike say `hello` with their whole state, wait for the welcome, and keep the session
/// alive. What is said while no session is open is held back for the next welcome, unless another hello
/// tells it first.
///
/// Where several coordinators can be asked, there is a session with one of them at most. The first is asked
/// before the others, and each for a while before the next; who sends us away is left for the first, or for
/// the second if it was the first.
struct CoordinatorLink: Sendable {
    /// What is due on the link because time has passed.
    enum Chore {
        case none
        case heartbeat
        case greeting
        /// Nobody answers here: `turn` to the next.
        case turning
    }

    /// Hellos without an answer after which the next coordinator is asked.
    private static let patience = 2

    private let timing: FleetTiming
    /// With each coordinator, so that numbers go on where they were.
    private var links: [Link]
    private var place = 0
    private var unansweredCount = 0
    private var lastSent: Instant
    private var lastGreeting: Instant?
    private var heldBack: [Message] = []

    init(epoch: BootEpoch, timing: FleetTiming, count: Int = 1, at now: Instant) {
        self.timing = timing
        links = (0..<max(1, count)).map { _ in Link(.client, epoch: epoch, at: now) }
        lastSent = now
    }

    private var link: Link {
        get { links[place] }
        set { links[place] = newValue }
    }

    var isOpen: Bool { link.isOpen }
    var lastHeard: Instant { link.lastHeard }

    /// Judges what came in; `resync`, which is outside any session, asks for a hello, unless one is under
    /// way.
    mutating func receive(_ envelope: Envelope, at now: Instant) -> Link.Verdict {
        guard envelope.header.sequence != 0 else {
            return envelope.message == .resync && !link.isGreeting ? .broken : .drop
        }
        var opens = false
        if case .welcome = envelope.message { opens = true }
        let verdict = link.receive(envelope.header, opens: opens, at: now)
        if case .opened = verdict { unansweredCount = 0 }
        return verdict
    }

    /// The connection is gone: whatever was under way on it may be lost.
    mutating func close() { link.close() }

    /// Leaves this coordinator for the next of the list, and says which that is.
    mutating func turn() -> Int { turn(to: (place + 1) % links.count) }

    /// Leaves the coordinator that has sent us away, and says which to go to.
    mutating func leave() -> Int { turn(to: place == 0 ? 1 % links.count : 0) }

    private mutating func turn(to next: Int) -> Int {
        link.close()
        place = next
        unansweredCount = 0
        return next
    }

    /// The hello that begins a session.
    ///
    /// It tells everything, so what was held back is void.
    mutating func greet(_ hello: Hello, at now: Instant) -> Envelope {
        lastGreeting = now
        unansweredCount += 1
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
            guard lastGreeting.map({ now - $0 >= timing.helloRetry }) ?? true else { return .none }
            return links.count > 1 && unansweredCount >= Self.patience ? .turning : .greeting
        }
        if now - link.lastHeard > timing.silence { return .greeting }
        return now - lastSent >= timing.heartbeat ? .heartbeat : .none
    }
}
