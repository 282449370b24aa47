/// What single tokens stand for, for those who choose among all of them.
extension Tokenizer {
    /// Whether the text of tokens is the texts of the tokens one behind the other: not so where the decoder
    /// looks at the whole, or puts something between two.
    public var joinsTokens: Bool { texts.decoder.chain.isEmpty && texts.decoder.separator.isEmpty }

    /// Whether a space that a text's first token begins with is not shown.
    public var dropsFirstSpace: Bool {
        if let strip = texts.decoder.strip, strip.scalar == " ", strip.startCount > 0 { return true }
        return texts.decoder.treatsFirstSpecially
    }

    /// The bytes that a token adds to a text that has begun; nil for an id that no token has.
    public func bytes(of id: UInt32) -> [UInt8]? {
        switch texts.kind(id) {
        case .unknown: nil
        case .byte(let byte): [byte]
        case .text: texts.withBytes(id, isFirst: false) { Array($0) }
        }
    }

    /// Whether a token is left out of what is shown.
    public func isHidden(_ id: UInt32) -> Bool { addedTokens.skippedIDs.contains(id) }
}
