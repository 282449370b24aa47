internal import Contract

/// One connection between a client socket and a server socket, as ZeroMQ would make it: ordered, each way by
/// itself, and whatever is under way is lost when it breaks.
struct Connection {
    enum Direction: Int, CaseIterable {
        case toServer
        case toClient
    }

    /// Both ends see it up; frames of an earlier life of the connection are recognised by `generation` and
    /// dropped.
    var isUp = false
    var generation = 0
    /// When the last frame under way arrives, per direction: order is kept by never arriving before it.
    var lastArrival: [Instant] = [.zero, .zero]
    /// Until when frames vanish, per direction: a partition that nobody is told of.
    var blackout: [Instant] = [.zero, .zero]
    /// The last frames that went through, per direction; some come again after a reconnect.
    var recent: [[Envelope]] = [[], []]

    static let remembered = 6

    mutating func remember(_ envelope: Envelope, _ direction: Direction) {
        recent[direction.rawValue].append(envelope)
        if recent[direction.rawValue].count > Self.remembered { recent[direction.rawValue].removeFirst() }
    }
}

/// Names a connection by its ends.
struct ConnectionID: Hashable, Comparable {
    var client: NodeID
    var server: NodeID

    static func < (left: ConnectionID, right: ConnectionID) -> Bool {
        (left.client, left.server) < (right.client, right.server)
    }
}
