public import Contract
public import KVCache
public import Transformer

/// A model without weights that says what its prompt tells it to: for tests of everything around a model.
///
/// A prompt holds what is to be said between two special tokens, and a third one where the answer begins. The
/// token at a place of the answer is the one at that place of what is to be said, so it makes no difference
/// whether the prompt or the model said the ones before. Behind its end comes the end token, and so it does
/// where a prompt tells nothing. Tokens are read back from the KV blocks, as a real model does it.
public final class EchoModel: LanguageModel {
    /// The tokens that mean something to it.
    public struct Signs: Sendable {
        /// In front of what is to be said.
        public var say: TokenID
        /// Behind it.
        public var said: TokenID
        /// Where the answer begins.
        public var reply: TokenID
        public var end: TokenID

        public init(say: TokenID, said: TokenID, reply: TokenID, end: TokenID) {
            self.say = say
            self.said = said
            self.reply = reply
            self.end = end
        }
    }

    public let vocabularySize: Int
    public let contextTokens = 8192
    public let blockTokens = 16
    public let blockCount = 4096
    private let signs: Signs
    /// `[block, token of block]`.
    private var tokens: [TokenID]

    public init(_ signs: Signs, vocabularySize: Int) {
        self.signs = signs
        self.vocabularySize = vocabularySize
        tokens = Array(repeating: 0, count: blockCount * blockTokens)
    }

    public func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        logits.removeAll(keepingCapacity: true)
        var row = 0
        for span in input.spans {
            for place in 0..<span.rowCount {
                let position = span.computed + place
                tokens[slot(of: position, in: span)] = input.tokens[row + place]
                guard span.wanted == .all || span.wanted == .last && place == span.rowCount - 1 else {
                    continue
                }
                let start = logits.count
                logits.append(contentsOf: repeatElement(-40, count: vocabularySize))
                logits[start + Int(next(behind: position, in: span))] = 40
            }
            row += span.rowCount
        }
    }

    public func copyBlock(from source: BlockID, to target: BlockID) {
        let (from, to) = (Int(source.rawValue) * blockTokens, Int(target.rawValue) * blockTokens)
        for token in 0..<blockTokens { tokens[to + token] = tokens[from + token] }
    }

    private func next(behind position: Int, in span: ForwardInput.Span) -> TokenID {
        func last(_ token: TokenID, before end: Int) -> Int? {
            (0..<max(0, end)).last { tokens[slot(of: $0, in: span)] == token }
        }
        guard let reply = last(signs.reply, before: position + 1), let said = last(signs.said, before: reply),
            let say = last(signs.say, before: said)
        else { return signs.end }
        let place = say + 1 + position - reply
        return place < said ? tokens[slot(of: place, in: span)] : signs.end
    }

    private func slot(of position: Int, in span: ForwardInput.Span) -> Int {
        Int(span.blocks[position / blockTokens].rawValue) * blockTokens + position % blockTokens
    }
}
