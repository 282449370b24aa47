public import Constraints
public import Contract
public import Tokenizer

extension TokenTrie {
    /// The tokens of a vocabulary; special ones are part of a text only as the signs that they are.
    public init(_ tokenizer: Tokenizer, signs: [TokenID: [UInt8]] = [:]) {
        self.init(tokenCount: tokenizer.vocabularySize, signs: signs) { id in
            tokenizer.bytes(of: id).map { ($0, tokenizer.isSpecial(id) || tokenizer.isHidden(id)) }
        }
    }
}
