internal import Engine
internal import JSON
internal import ModelFiles
internal import Tokenizer

/// How a model cuts text into tokens, and which tokens begin and end it.
public struct TokenizerFacts: Hashable, Sendable {
    /// A token by its text, with its id where the tokenizer knows it.
    public struct Special: Hashable, Sendable {
        public var text: String
        public var id: UInt32?
    }

    /// `BPE`, `Unigram` or `WordPiece`, or what a GGUF file calls it.
    public var kind: String
    public var vocabularySize: Int
    public var begin: Special?
    public var end: Special?
    /// Tokens that end an answer.
    public var endIDs: [UInt32]

    init(_ source: ModelSource) throws {
        let parts = try source.tokenizer
        let tokenizer = try Tokenizer(parts)
        kind = Self.kind(of: parts)
        vocabularySize = tokenizer.vocabularySize
        begin = source.bosToken.map { Special(text: $0, id: tokenizer.id(of: $0)) }
        end = source.eosToken.map { Special(text: $0, id: tokenizer.id(of: $0)) }
        endIDs = source.endTokenIDs
    }

    private static func kind(of source: TokenizerSource) -> String {
        switch source {
        case .json(let document): document["model"]?["type"]?.stringValue ?? "BPE"
        case .sentencePiece: "SentencePiece"
        case .gguf(let metadata): metadata.text("tokenizer.ggml.model") ?? "GGUF"
        }
    }
}
