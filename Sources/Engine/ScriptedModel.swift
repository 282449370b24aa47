public import Contract
public import KVCache
public import Transformer

/// A model that costs nothing and has no weights: each next token follows from a hash of all the ones before
/// it.
///
/// For tests of the engine and for measuring everything around it. The hash of a position is kept in the
/// sequence's KV blocks and computed from the hashes at 1, 2, 4, 8 … positions before, read back from there.
/// A block that is lost, shared by mistake, or overwritten therefore changes what is generated, as it would
/// with a real model.
///
/// Tokens 0 to 255 are bytes, 256 is the end token.
public final class ScriptedModel: LanguageModel {
    public static let endToken: TokenID = 256

    public struct Shape: Sendable {
        public var contextTokens = 4096
        public var blockTokens = 16
        public var blockCount = 1024
        public var seed: UInt64 = 0
        /// The tokens that it says; printable ASCII unless told otherwise.
        public var alphabet: ClosedRange<TokenID> = 32...126
        /// One position in so many, on average, is the end; 0 never ends.
        public var tokensPerEnd: UInt64 = 0
        /// It likes to say again what was said so many tokens before; 0 says everything anew.
        public var period = 0
        /// One position in so many, on average, where it does not.
        public var tokensPerSurprise: UInt64 = 12

        public init() {}
    }

    /// What a model refuses to compute.
    public enum Fault: Error, Hashable, Sendable {
        case tokenOutsideVocabulary(TokenID)
        case rowCountMismatch(tokens: Int, rows: Int)
        case blocksTooFew(have: Int, tokens: Int)
        case blockOutsidePool(UInt32)
        case sharedBlockWritten(UInt32)
    }

    private static let silence: Float = -40

    private let shape: Shape
    /// One hash per token: `[block, token of block]`.
    private var memory: [UInt64]
    /// The tokens themselves.
    private var texts: [TokenID]
    /// Spans that read each block in the step under way.
    private var readerCounts: [Int]

    public init(_ shape: Shape = Shape()) {
        precondition(
            shape.blockTokens > 0 && shape.blockCount >= 0,
            "a model's blocks have a size and a number"
        )
        precondition(shape.alphabet.upperBound < Self.endToken, "the alphabet is made of bytes")
        self.shape = shape
        memory = Array(repeating: 0, count: shape.blockCount * shape.blockTokens)
        texts = Array(repeating: 0, count: memory.count)
        readerCounts = Array(repeating: 0, count: shape.blockCount)
    }

    public var vocabularySize: Int { Int(Self.endToken) + 1 }
    public var contextTokens: Int { shape.contextTokens }
    public var blockTokens: Int { shape.blockTokens }
    public var blockCount: Int { shape.blockCount }

    public func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        try check(input)
        logits.removeAll(keepingCapacity: true)
        var row = 0
        for span in input.spans {
            for place in 0..<span.rowCount {
                let position = span.computed + place
                let hash = advance(span, position: position, token: input.tokens[row + place])
                guard span.wanted == .all || span.wanted == .last && place == span.rowCount - 1 else {
                    continue
                }
                speak(hash, echo(behind: position, of: span), into: &logits)
            }
            row += span.rowCount
        }
    }

    public func copyBlock(from source: BlockID, to target: BlockID) {
        let (from, to) = (Int(source.rawValue) * shape.blockTokens, Int(target.rawValue) * shape.blockTokens)
        for token in 0..<shape.blockTokens {
            memory[to + token] = memory[from + token]
            texts[to + token] = texts[from + token]
        }
    }

    /// What a block holds, for a tier to keep.
    public func contents(of block: BlockID) -> [UInt64] {
        let start = Int(block.rawValue) * shape.blockTokens
        return Array(memory[start..<start + shape.blockTokens])
    }

    /// Has a block hold what a tier kept.
    public func setContents(of block: BlockID, to contents: [UInt64]) {
        for (token, hash) in contents.prefix(shape.blockTokens).enumerated() {
            memory[Int(block.rawValue) * shape.blockTokens + token] = hash
        }
    }

    private func check(_ input: ForwardInput) throws(Fault) {
        let rows = input.spans.reduce(0) { $0 + $1.rowCount }
        guard rows == input.tokens.count else {
            throw .rowCountMismatch(tokens: input.tokens.count, rows: rows)
        }
        for token in input.tokens where token > Self.endToken { throw .tokenOutsideVocabulary(token) }
        for span in input.spans {
            let tokens = span.computed + span.rowCount
            guard tokens <= span.blocks.count * shape.blockTokens else {
                throw .blocksTooFew(have: span.blocks.count, tokens: tokens)
            }
            for block in span.blocks where Int(block.rawValue) >= shape.blockCount {
                throw .blockOutsidePool(block.rawValue)
            }
        }
        try checkWriters(input)
    }

    /// What one sequence writes, no other one reads or writes in the same step.
    private func checkWriters(_ input: ForwardInput) throws(Fault) {
        for span in input.spans {
            for block in span.blocks { readerCounts[Int(block.rawValue)] += 1 }
        }
        defer {
            for span in input.spans {
                for block in span.blocks { readerCounts[Int(block.rawValue)] = 0 }
            }
        }
        for span in input.spans where span.rowCount > 0 {
            let last = (span.computed + span.rowCount - 1) / shape.blockTokens
            for block in span.blocks[span.computed / shape.blockTokens...last]
            where readerCounts[Int(block.rawValue)] > 1 {
                throw .sharedBlockWritten(block.rawValue)
            }
        }
    }

    /// Computes the hash at `position` from those in the blocks, and puts it there.
    private func advance(_ span: ForwardInput.Span, position: Int, token: TokenID) -> UInt64 {
        var hash = mix(shape.seed ^ UInt64(token) ^ UInt64(truncatingIfNeeded: position) << 32)
        var distance = 1
        while distance <= position {
            hash = mix(hash ^ memory[slot(of: position - distance, in: span)])
            distance *= 2
        }
        memory[slot(of: position, in: span)] = hash
        texts[slot(of: position, in: span)] = token
        return hash
    }

    /// What it would say again behind `position`.
    private func echo(behind position: Int, of span: ForwardInput.Span) -> TokenID? {
        let before = position + 1 - shape.period
        return shape.period > 0 && before >= 0 ? texts[slot(of: before, in: span)] : nil
    }

    private func slot(of position: Int, in span: ForwardInput.Span) -> Int {
        let block = Int(span.blocks[position / shape.blockTokens].rawValue)
        return block * shape.blockTokens + position % shape.blockTokens
    }

    /// Appends one row: numbers between 0 and 8 for the alphabet, which makes a draw neither certain nor
    /// blind.
    private func speak(_ hash: UInt64, _ echo: TokenID?, into logits: inout [Float]) {
        let start = logits.count
        logits.append(contentsOf: repeatElement(Self.silence, count: vocabularySize))
        for token in shape.alphabet {
            logits[start + Int(token)] = Float(mix(hash ^ UInt64(token)) >> 40) * 0x1p-21
        }
        if let echo, mix(~hash) % max(1, shape.tokensPerSurprise) > 0 { logits[start + Int(echo)] += 16 }
        if shape.tokensPerEnd > 0, mix(hash) % shape.tokensPerEnd == 0 {
            logits[start + Int(Self.endToken)] = -Self.silence
        }
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): every bit of the result depends on every bit of
/// `word`.
private func mix(_ word: UInt64) -> UInt64 {
    var z = word &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
