public import Tokenizer

/// Tells how a vocabulary spells its tokens.
public protocol TokenSpelling: Sendable {
    /// The bytes that a token adds to a text, perhaps part of a character only.
    func bytes(of id: UInt32) -> [UInt8]
}

extension Tokenizer: TokenSpelling {}
