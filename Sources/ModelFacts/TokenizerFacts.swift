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

    /// `BPE`, `Unigram` or `WordPiece`.
    public var kind: String
    public var vocabularySize: Int
    public var begin: Special?
    public var end: Special?
    /// Tokens that end an answer.
    public var endIDs: [UInt32]

    init(_ directory: ModelDirectory) throws {
        let json = try directory.tokenizerJSON
        let tokenizer = try Tokenizer(json: json)
        kind = json["model"]?["type"]?.stringValue ?? "BPE"
        vocabularySize = tokenizer.vocabularySize
        begin = directory.bosToken.map { Special(text: $0, id: tokenizer.id(of: $0)) }
        end = directory.eosToken.map { Special(text: $0, id: tokenizer.id(of: $0)) }
        endIDs = directory.endTokenIDs
    }
}
