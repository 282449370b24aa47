/// A place in a stream's text from which on it is something else: answer, thought, or a call's arguments.
///
/// A stream begins as answer. What a mark says holds until the next one, in later records too, and whatever
/// attempt computes them: marks are a function of the ids, as the text is.
public struct OutputMark: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case text
        case thinking
        /// A call begins; the text is the next stretch of its arguments, a JSON object.
        case call(ToolCallHead)
    }

    /// In bytes of the record's text.
    public var offset: UInt32
    public var kind: Kind

    public init(offset: UInt32, _ kind: Kind) {
        self.offset = offset
        self.kind = kind
    }

    /// Bytes of what varies from mark to mark.
    var byteCount: Int {
        if case .call(let head) = kind { head.id.utf8.count + head.name.utf8.count } else { 0 }
    }
}

/// Which tool is called.
public struct ToolCallHead: Hashable, Sendable {
    public var id: String
    public var name: String

    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}
