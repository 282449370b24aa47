/// Keeps a stop string from being shown: holds back what may still become one, and cuts the text before it.
///
/// - The text may arrive in any pieces; what has been released depends on the whole text alone.
/// - The stop string that is complete first wins; of several that are complete at the same byte, the longest.
/// - Held back is the longest end of the text that is the beginning of a stop string, never more. That
///   beginning starts with a first byte of UTF-8, so only whole code points are released.
///
/// The stop strings are compiled into one Aho-Corasick automaton over bytes: time is linear in the text,
/// however many strings there are and however they overlap. Bytes are compared, not characters: "é" written
/// in two ways is two texts.
struct StopHolder: Sendable {
    /// The stop string that was found; nothing is released behind it.
    private(set) var matched: String?

    /// The stop string itself is released too.
    private let showsMatch: Bool
    private let stops: [String]
    private let lengths: [Int]
    private let nodes: [Node]
    private var node = 0
    private var held: [UInt8] = []

    /// Empty stop strings are left out: they would end every text before it began.
    init(_ stops: [String], showsMatch: Bool = false) {
        self.showsMatch = showsMatch
        let stops = stops.filter { !$0.isEmpty }
        self.stops = stops
        lengths = stops.map(\.utf8.count)
        nodes = stops.isEmpty ? [] : Self.compile(stops)
    }

    /// Adds `text` and returns what is certain now.
    mutating func push(_ text: String) -> String {
        guard matched == nil else { return "" }
        guard !nodes.isEmpty else { return text }
        for byte in text.utf8 {
            held.append(byte)
            node = next(after: node, byte)
            let stop = nodes[node].stop
            if stop != Node.none {
                matched = stops[stop]
                return release(held.count - (showsMatch ? 0 : lengths[stop]))
            }
        }
        return release(held.count - nodes[node].depth)
    }

    /// No more text will come: what was held back is text after all.
    mutating func finish() -> String {
        guard matched == nil else { return "" }
        node = 0
        return release(held.count)
    }

    private mutating func release(_ count: Int) -> String {
        guard count > 0 else { return "" }
        let text = String(decoding: held.prefix(count), as: UTF8.self)
        held.removeFirst(count)
        return text
    }

    private func next(after node: Int, _ byte: UInt8) -> Int {
        var node = node
        while true {
            if let child = Self.child(of: node, byte, in: nodes) { return child }
            if node == 0 { return 0 }
            node = nodes[node].fallback
        }
    }
}

extension StopHolder {
    /// The state after some text: the longest beginning of a stop string that the text ends with.
    private struct Node {
        static let none = -1

        var byte: UInt8
        var depth: Int
        /// The longest stop string that the text ends with.
        var stop = none
        var firstChild = none
        var nextSibling = none
        /// The node of the next shorter beginning that the text ends with.
        var fallback = 0
    }

    private static func child(of node: Int, _ byte: UInt8, in nodes: [Node]) -> Int? {
        var child = nodes[node].firstChild
        while child != Node.none, nodes[child].byte != byte { child = nodes[child].nextSibling }
        return child == Node.none ? nil : child
    }

    private static func compile(_ stops: [String]) -> [Node] {
        var nodes = [Node(byte: 0, depth: 0)]
        for (index, stop) in stops.enumerated() {
            var node = 0
            for byte in stop.utf8 {
                if let known = child(of: node, byte, in: nodes) {
                    node = known
                    continue
                }
                let sibling = nodes[node].firstChild
                nodes.append(Node(byte: byte, depth: nodes[node].depth + 1, nextSibling: sibling))
                nodes[node].firstChild = nodes.count - 1
                node = nodes.count - 1
            }
            if nodes[node].stop == Node.none { nodes[node].stop = index }
        }
        connect(&nodes)
        return nodes
    }

    /// Sets the fallbacks breadth first: a node's fallback is less deep, so it is finished when it is needed.
    private static func connect(_ nodes: inout [Node]) {
        var queue = [0]
        var head = 0
        while head < queue.count {
            let parent = queue[head]
            head += 1
            var node = nodes[parent].firstChild
            while node != Node.none {
                queue.append(node)
                if parent != 0 {
                    var candidate = nodes[parent].fallback
                    while candidate != 0, child(of: candidate, nodes[node].byte, in: nodes) == nil {
                        candidate = nodes[candidate].fallback
                    }
                    nodes[node].fallback = child(of: candidate, nodes[node].byte, in: nodes) ?? 0
                }
                // A node's own stop string is longer than any that its fallback ends with.
                if nodes[node].stop == Node.none { nodes[node].stop = nodes[nodes[node].fallback].stop }
                node = nodes[node].nextSibling
            }
        }
    }
}
