/// Why a constraint cannot be used, in words for the one who sent it.
public struct ConstraintError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The keyword or construct that is to blame; nil where the whole is, or where nothing is unsupported.
    public var keyword: String?
    /// Where it stands: a JSON pointer in a schema, a place in a regex or grammar.
    public var path: String
    public var message: String

    public var description: String { path.isEmpty ? message : "\(path): \(message)" }

    init(_ message: String, at path: String = "", keyword: String? = nil) {
        self.keyword = keyword
        self.path = path
        self.message = message
    }

    static func unsupported(_ keyword: String, at path: String, _ why: String = "is not supported") -> Self {
        Self("\"\(keyword)\" \(why)", at: path, keyword: keyword)
    }

    static func tooLarge(_ what: String) -> Self {
        Self("the constraint is too large: \(what)", keyword: "size")
    }
}
