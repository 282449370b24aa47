public import Constraints
public import Tokenizer

extension TokenTrie {
    /// The tokens of a vocabulary; special ones are never part of a text.
    public init(_ tokenizer: Tokenizer) {
        self.init(tokenCount: tokenizer.vocabularySize) { id in
            tokenizer.bytes(of: id).map { ($0, tokenizer.isSpecial(id) || tokenizer.isHidden(id)) }
        }
    }
}
