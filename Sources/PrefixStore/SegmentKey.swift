internal import Contract

/// Which stretch of which prefix a segment is.
struct SegmentKey: Hashable, Sendable {
    let id: SegmentID
    /// The segment before it, or the root of its scope where it is the first.
    let parent: SegmentID
    /// Tokens before it.
    let start: Int
    /// Those of whole blocks.
    let tokens: [TokenID]

    init(id: SegmentID, parent: SegmentID, start: Int, tokens: [TokenID]) {
        self.id = id
        self.parent = parent
        self.start = start
        self.tokens = tokens
    }

    /// Nil where the digest cannot be computed.
    init?(behind parent: SegmentID, start: Int, tokens: [TokenID]) {
        guard let id = SegmentID(behind: parent, tokens: tokens) else { return nil }
        self.init(id: id, parent: parent, start: start, tokens: tokens)
    }

    /// Whether the name says what the rest says.
    var isConsistent: Bool { SegmentID(behind: parent, tokens: tokens) == id }
}
