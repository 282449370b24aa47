/// What a generated text must be like.
///
/// Written by a dialect as the client sent it, compiled by the worker.
public struct OutputConstraint: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// `source` is a JSON Schema.
        case schema
        /// `source` is a regex of the whole text.
        case regex
        /// `source` is a JSON list of strings, one of which the text is.
        case choice
        /// `source` is a grammar in the notation of GBNF.
        case grammar
    }

    public var kind: Kind
    public var source: String

    public init(_ kind: Kind, _ source: String) {
        self.kind = kind
        self.source = source
    }
}
