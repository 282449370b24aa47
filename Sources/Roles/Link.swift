public import Contract

/// One side of a link between two processes: tells a message that counts from one that must not.
///
/// The rules, for both sides:
/// - Within a session messages arrive in order without a gap, or the session is over. There is no repair of
///   single messages: after a gap the client says `hello` with its whole state again, and that one path
///   serves every loss.
/// - A `hello` voids whatever the server sent before its `welcome`: the client drops it unread. So both sides
///   know exactly which messages the new session has seen: those after the handshake.
/// - A message from a client counts only if it acknowledges the server's last `welcome`, and sequences begin
///   at a number that only the sender's life knows. So frames that were meant for the server's last life, and
///   are still under way after its restart, cannot pass for an answer to this one.
/// - A boot epoch that was replaced by another one never comes back.
///
/// Can become: closed → (client) greeting → open → closed; (server) closed → open → closed.
public struct Link: Sendable {
    public enum Side: Sendable {
        case client
        case server
    }

    /// What to do with a message.
    public enum Verdict: Hashable, Sendable {
        case deliver
        /// The handshake that starts a session. `newLife`: the other process is not the one of the last
        /// session.
        case opened(newLife: Bool)
        /// Stale, repeated or void.
        case drop
        /// Something is missing: the client must say hello (again), the server asks for it.
        case broken
    }

    /// How many dead epochs are remembered; a process that restarts faster than its frames travel is not
    /// expected.
    private static let rememberedEpochs = 8

    private let side: Side
    private let epoch: BootEpoch
    private var sent: UInt64
    private var received: UInt64 = 0
    private var peer: BootEpoch?
    private var buried: [BootEpoch] = []
    /// Sequence of the `hello` whose `welcome` is awaited.
    private var greeting: UInt64?
    /// Sequence of our `welcome`, the first message that a server sends in a session.
    private var welcome: UInt64 = 0
    public private(set) var isOpen = false
    /// Whether a hello has been said that no welcome has answered.
    var isGreeting: Bool { greeting != nil }
    public private(set) var lastHeard: Instant
    /// The life of the other process that the session is with, or was with last.
    var peerEpoch: BootEpoch? { peer }

    public init(_ side: Side, epoch: BootEpoch, at now: Instant) {
        self.side = side
        self.epoch = epoch
        lastHeard = now
        // Leaves 2^48 messages before the number could wrap.
        sent = epoch.rawValue >> 16 | 1 << 16
    }

    /// The header of the next message.
    ///
    /// `hello` goes through `greet`.
    public mutating func stamp(at now: Instant) -> LinkHeader {
        sent += 1
        return LinkHeader(epoch: epoch, sequence: sent, acknowledged: received, sentAt: now)
    }

    /// The header of a message outside any session: `resync` and `error`.
    public func stampOutside(at now: Instant) -> LinkHeader {
        LinkHeader(epoch: epoch, sequence: 0, acknowledged: received, sentAt: now)
    }

    /// The header of a `hello`; everything received until its `welcome` is void.
    public mutating func greet(at now: Instant) -> LinkHeader {
        isOpen = false
        let header = stamp(at: now)
        greeting = header.sequence
        return header
    }

    /// Ends the session without a word; the next one starts with a handshake.
    public mutating func close() {
        isOpen = false
        greeting = nil
    }

    /// Judges a message by its header.
    ///
    /// `opens` says that it is the handshake of the other side.
    public mutating func receive(_ header: LinkHeader, opens: Bool, at now: Instant) -> Verdict {
        if buried.contains(header.epoch) { return .drop }
        if opens { return open(header, at: now) }
        guard isOpen else { return greeting == nil ? .broken : .drop }
        guard header.epoch == peer else { return .broken }
        guard header.sequence > received else { return .drop }
        if side == .server, header.acknowledged < welcome || header.acknowledged > sent { return .drop }
        guard header.sequence == received + 1 else {
            close()
            return .broken
        }
        received += 1
        lastHeard = now
        return .deliver
    }

    /// The other side announced a silence: it counts as heard until `moment`.
    public mutating func excuse(until moment: Instant) { lastHeard = max(lastHeard, moment) }

    private mutating func open(_ header: LinkHeader, at now: Instant) -> Verdict {
        switch side {
        case .client:
            // Only who has read this hello can acknowledge it. The sequence says nothing: a server that has
            // forgotten a silent client counts from the beginning of its life again.
            guard let greeting, header.acknowledged >= greeting else { return .drop }
        case .server:
            if header.epoch == peer, header.sequence <= received { return .drop }
        }
        let newLife = header.epoch != peer
        if newLife, let peer { bury(peer) }
        peer = header.epoch
        received = header.sequence
        greeting = nil
        welcome = sent + 1
        isOpen = true
        lastHeard = now
        return .opened(newLife: newLife)
    }

    private mutating func bury(_ epoch: BootEpoch) {
        if buried.count == Self.rememberedEpochs { buried.removeFirst() }
        buried.append(epoch)
    }
}
