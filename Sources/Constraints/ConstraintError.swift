/// Why a constraint cannot be used, in words for the one who sent it.
public struct ConstraintError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The keyword or construct that is to blame; nil where the whole is, or where nothing is unsupported.
    public var keyword: String?
    /// Where it stands: a JSON pointer in a schema, a place in a regex or grammar.
    public var path: String
    public var message: String

    /// Cut where it repeats more of the constraint than a person would read; counted in code points, because
    /// one character can be made of millions.
    public var description: String {
        let said = path.isEmpty ? message : "\(path): \(message)"
        let shown = said.unicodeScalars.prefix(ConstraintLimits.errorCodePoints)
        return shown.endIndex == said.endIndex ? said : "\(Substring(shown))…"
    }

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
