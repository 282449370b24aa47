/// How a socket behaves; the defaults are those of the fleet.
public struct LinkOptions: Sendable {
    /// Who may be at its ends, where links are locked.
    public var kind: LinkKind
    /// Where links are locked and several nodes could answer: which of them is to be expected here, in the
    /// order in which the fleet's list first names them.
    public var serverPlace = 0
    /// ZeroMQ disconnects a peer that sends a larger frame, but does not look at frames over `inproc`.
    public var frameBytes: Int64
    /// What may wait for one peer behind ZeroMQ's own queue, in bytes.
    public var outboxBytes = 16 << 20
    /// ZeroMQ's own queue, in messages and for each direction and peer.
    public var queuedFrames: Int32 = 256
    /// A connection over TCP is given up after so long without a sign of the other machine.
    ///
    /// The kernel asks for it. ZMTP's own pings are not used: one that is due on a connection that broke
    /// while its queue was full ends the whole process (an assertion of libzmq 4.3.4). What proves the
    /// process behind a link are the heartbeats of the roles.
    public var silence = Duration.seconds(3)
    public var handshakeTimeout = Duration.seconds(5)
    /// The pause before dialing again, doubling from the first to the last.
    public var reconnect = Duration.milliseconds(50)
    public var reconnectLimit = Duration.seconds(1)
    /// How much one socket may take in during one turn of the loop before the others have theirs.
    public var framesPerTurn = 256
    public var bytesPerTurn = 4 << 20

    public init(_ kind: LinkKind, frameBytes: Int64) {
        self.kind = kind
        self.frameBytes = frameBytes
    }

    /// A link to or from the coordinator.
    public static let control = LinkOptions(.control, frameBytes: 8 << 20)
    /// A link that carries tokens.
    public static let tokens = LinkOptions(.tokens, frameBytes: 1 << 20)
}

/// What became of a frame that was given to a socket.
public enum SendResult: Hashable, Sendable {
    /// It is on its way or waits in the outbox. That is no promise of delivery: a link may die with it.
    case queued
    /// The peer does not keep up; the frame was not taken.
    case outboxFull
    /// No such peer is connected; what waited for it is discarded.
    case unreachable
}
