internal import Contract

/// Which connection speaks for which node, where links are locked.
///
/// There a connection's routing id is its node's name and a number that nobody else knows, so that nobody
/// can take over a link by claiming its name: ZeroMQ would give it to him before his key is looked at. Whose
/// key may use the name speaks for it; the newest such connection does, and one that was taken over from is
/// heard no more.
struct ConnectionTable {
    struct Connection {
        var id: [UInt8]
        var key: PublicKey
    }

    /// Connections of one node that are remembered as taken over from.
    private static let retiredLimit = 8
    private static let separator = UInt8(ascii: "#")

    private var current: [NodeID: Connection] = [:]
    private var retired: [NodeID: [[UInt8]]] = [:]

    subscript(node: NodeID) -> Connection? { current[node] }

    /// A routing id for a new connection.
    static func id(for node: NodeID) -> [UInt8] {
        let number = String(UInt64.random(in: 0 ... .max), radix: 16)
        return Array(node.name.utf8) + [separator] + Array(number.utf8)
    }

    /// The node that claims to speak.
    static func node(of id: [UInt8]) -> NodeID {
        NodeID(String(decoding: id.prefix { $0 != separator }, as: UTF8.self))
    }

    /// Takes note of a frame whose sender may use the name; false if another connection has taken over.
    mutating func hears(_ id: [UInt8], of node: NodeID, with key: PublicKey) -> Bool {
        if let known = current[node] {
            if known.id == id { return true }
            if retired[node]?.contains(id) ?? false { return false }
            retired[node, default: []].append(known.id)
            if let count = retired[node]?.count, count > Self.retiredLimit { retired[node]?.removeFirst() }
        }
        current[node] = Connection(id: id, key: key)
        return true
    }

    mutating func forget(_ node: NodeID) { current[node] = nil }
}
