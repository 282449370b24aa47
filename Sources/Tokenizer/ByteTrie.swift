/// A set of texts in which all those that start at a place are found in one walk.
///
/// All edges lie in one open-addressed table of plain integers, so that a step is one look at memory; nodes
/// are numbered in the order in which they were made.
struct ByteTrie: Sendable {
    /// The node of the empty text.
    static let root = 0

    /// (node, byte) in the upper half, the child in the lower; `free` where there is none.
    ///
    /// A power of two, at most half full.
    private var edges: [UInt64] = Array(repeating: Self.free, count: 64)
    private var edgeCount = 0
    /// By node: the value of the text that ends there, -1 where none does.
    private var values: [Int32] = [-1]
    /// By byte: the child of the root, -1 where there is none.
    private var roots: [Int32] = Array(repeating: -1, count: 256)

    private static let free = UInt64.max

    var isEmpty: Bool { edgeCount == 0 && values[Self.root] < 0 }

    /// Adds a text; one that is there already keeps its first value, unless `replaces` is true.
    mutating func insert(_ text: some Sequence<UInt8>, value: Int, replaces: Bool = false) {
        var node = Self.root
        for byte in text {
            let next = child(of: node, byte)
            node = next >= 0 ? next : makeChild(of: node, byte)
        }
        if values[node] < 0 || replaces { values[node] = Int32(truncatingIfNeeded: value) }
    }

    /// The node that `byte` leads to, -1 where it leads nowhere.
    @inline(__always)
    func child(of node: Int, _ byte: UInt8) -> Int {
        if node == Self.root { return Int(roots[Int(byte)]) }
        let key = UInt64(node) << 8 | UInt64(byte)
        var slot = Self.hash(key) & (edges.count - 1)
        while true {
            let edge = edges[slot]
            if edge >> 32 == key { return Int(edge & 0xFFFF_FFFF) }
            if edge == Self.free { return -1 }
            slot = (slot + 1) & (edges.count - 1)
        }
    }

    /// The value of the text that ends at `node`, -1 where none does.
    @inline(__always)
    func value(at node: Int) -> Int { Int(values[node]) }

    func longestMatch(in text: Bytes, at start: Int) -> (value: Int, end: Int)? {
        var node = Self.root
        var place = start
        var best: (value: Int, end: Int)?
        while place < text.count {
            node = child(of: node, text[place])
            guard node >= 0 else { break }
            place += 1
            if values[node] >= 0 { best = (Int(values[node]), place) }
        }
        return best
    }

    /// How many bytes of `text` are the start of any text in the set.
    func longestStart(in text: Bytes, at start: Int) -> Int {
        var node = Self.root
        var place = start
        while place < text.count {
            node = child(of: node, text[place])
            guard node >= 0 else { break }
            place += 1
        }
        return place - start
    }

    /// The node that `text` leads to, nil where it leads nowhere.
    func node(_ text: [UInt8]) -> Int? {
        var node = Self.root
        for byte in text {
            node = child(of: node, byte)
            if node < 0 { return nil }
        }
        return node
    }

    private mutating func makeChild(of node: Int, _ byte: UInt8) -> Int {
        let made = values.count
        values.append(-1)
        if node == Self.root { roots[Int(byte)] = Int32(truncatingIfNeeded: made) }
        edgeCount += 1
        if edgeCount * 2 > edges.count { grow() }
        place(UInt64(node) << 40 | UInt64(byte) << 32 | UInt64(made))
        return made
    }

    private mutating func grow() {
        let old = edges
        edges = Array(repeating: Self.free, count: old.count * 2)
        for edge in old where edge != Self.free { place(edge) }
    }

    private mutating func place(_ edge: UInt64) {
        var slot = Self.hash(edge >> 32) & (edges.count - 1)
        while edges[slot] != Self.free { slot = (slot + 1) & (edges.count - 1) }
        edges[slot] = edge
    }

    @inline(__always)
    private static func hash(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
