/// A set of texts in which the longest one that starts at a place is found in one walk.
struct ByteTrie: Sendable {
    private var roots: [Int32] = Array(repeating: -1, count: 256)
    /// (node, byte) → node, below the first byte.
    private var edges: [UInt64: Int32] = [:]
    /// By node: the value of the text that ends there, -1 where none does.
    private var values: [Int32] = []

    var isEmpty: Bool { values.isEmpty }

    /// A text that is there already keeps its first value.
    mutating func insert(_ text: [UInt8], value: Int) {
        guard let first = text.first else { return }
        if roots[Int(first)] < 0 { roots[Int(first)] = newNode() }
        var node = roots[Int(first)]
        for byte in text.dropFirst() {
            let edge = UInt64(node) << 8 | UInt64(byte)
            if let child = edges[edge] {
                node = child
            } else {
                node = newNode()
                edges[edge] = node
            }
        }
        if values[Int(node)] < 0 { values[Int(node)] = Int32(truncatingIfNeeded: value) }
    }

    func longestMatch(in text: Bytes, at start: Int) -> (value: Int, end: Int)? {
        var node = roots[Int(text[start])]
        var place = start + 1
        var best: (value: Int, end: Int)?
        while node >= 0 {
            if values[Int(node)] >= 0 { best = (Int(values[Int(node)]), place) }
            guard place < text.count, let child = edges[UInt64(node) << 8 | UInt64(text[place])] else {
                break
            }
            node = child
            place += 1
        }
        return best
    }

    private mutating func newNode() -> Int32 {
        values.append(-1)
        return Int32(truncatingIfNeeded: values.count - 1)
    }
}
