internal import JSON
public import ModelFiles
public import Tokenizer

/// How a model cuts text into tokens, and which tokens begin and end it.
public struct TokenizerFacts: Hashable, Sendable {
    /// A token by its text, with its id where the tokenizer knows it.
    public struct Special: Hashable, Sendable {
        public var text: String
        public var id: UInt32?
    }

    /// Makes a tokenizer of what a model brings.
    public typealias Maker = (TokenizerSource) throws -> Tokenizer

    /// As the file itself calls it, such as `BPE` or, in GGUF files, `gpt2`.
    public var kind: String
    public var vocabularySize: Int
    public var begin: Special?
    public var end: Special?
    /// Tokens that end an answer.
    public var endIDs: [UInt32]

    init(_ source: ModelSource, _ make: Maker) throws {
        let file = try source.tokenizer
        let tokenizer = try make(file)
        kind =
            switch file {
            case .json(let json): json["model"]?["type"]?.stringValue ?? "BPE"
            case .sentencePiece: "SentencePiece"
            case .gguf(let metadata): metadata.text("tokenizer.ggml.model") ?? "GGUF"
            }
        vocabularySize = tokenizer.vocabularySize
        begin = source.bosToken.map { Special(text: $0, id: tokenizer.id(of: $0)) }
        end = source.eosToken.map { Special(text: $0, id: tokenizer.id(of: $0)) }
        endIDs = source.endTokenIDs
    }
}
