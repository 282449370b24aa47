/// A decoder's stages, each of which takes tokens from the one before and hands on others.
///
/// A value, like the stream that holds it. A stage that looks at the text as a whole hands it on only at the
/// end.
struct DecodeChain: Sendable {
    enum Stage: Sendable {
        case token(TokenStep)
        case fuse
        case byteAlphabet
        case byteFallback
        /// The mark of a word's end becomes a space, except in the last token.
        case endOfWord([UInt8])
        /// Leaves out repetitions and the padding between them.
        case deduplicating(pad: [UInt8], delimiter: [UInt8], cleansUp: Bool)
    }

    private struct State: Sendable {
        var isFirst = true
        /// Bytes of the text or of a run of byte tokens.
        var bytes: [UInt8] = []
        /// The token before.
        var last: [UInt8]?
    }

    private let stages: [Stage]
    private var states: [State]

    init(_ stages: [Stage]) {
        self.stages = stages
        states = Array(repeating: State(), count: stages.count)
    }

    /// Calls `body` with every text that is complete.
    mutating func push(_ token: [UInt8], _ body: ([UInt8]) -> Void) {
        push(token, from: 0, MatchMemory(), body)
    }

    mutating func finish(_ body: ([UInt8]) -> Void) {
        let memory = MatchMemory()
        for index in stages.indices {
            for token in rest(of: index) { push(token, from: index + 1, memory, body) }
        }
    }

    private mutating func push(
        _ token: [UInt8],
        from index: Int,
        _ memory: MatchMemory,
        _ body: ([UInt8]) -> Void
    ) {
        guard index < stages.count else { return body(token) }
        for next in step(index, token, memory) { push(next, from: index + 1, memory, body) }
    }

    private mutating func step(_ index: Int, _ token: [UInt8], _ memory: MatchMemory) -> [[UInt8]] {
        let isFirst = states[index].isFirst
        states[index].isFirst = false
        switch stages[index] {
        case .token(let step): return [step.apply(to: token, isFirst: isFirst, memory)]
        case .fuse:
            states[index].bytes += token
            return []
        case .byteAlphabet:
            states[index].bytes += ByteAlphabet.decode(token)
            return []
        case .byteFallback:
            if let byte = byteOfToken(token) {
                states[index].bytes.append(byte)
                return []
            }
            return rest(of: index) + [token]
        case .endOfWord(let mark):
            defer { states[index].last = token }
            return states[index].last.map { [$0.replacing(mark, with: [UInt8(ascii: " ")])] } ?? []
        case .deduplicating(let pad, let delimiter, let cleansUp):
            guard states[index].last != token else { return [] }
            states[index].last = token
            var text = token.replacing(pad, with: [])
            if cleansUp { text = text.cleanedUp.replacing(delimiter, with: [UInt8(ascii: " ")]) }
            return text.isEmpty ? [] : [text]
        }
    }

    /// What a stage still holds.
    private mutating func rest(of index: Int) -> [[UInt8]] {
        let state = states[index]
        states[index].bytes = []
        switch stages[index] {
        case .fuse: return [state.bytes]
        case .byteAlphabet: return [Array(String(decoding: state.bytes, as: UTF8.self).utf8)]
        case .byteFallback:
            if state.bytes.isEmpty { return [] }
            if String(validating: state.bytes, as: UTF8.self) != nil { return [state.bytes] }
            return Array(repeating: Array("\u{FFFD}".utf8), count: state.bytes.count)
        case .endOfWord(let mark): return state.last.map { [$0.replacing(mark, with: [])] } ?? []
        case .token, .deduplicating: return []
        }
    }
}

/// The byte that a token such as `<0x0A>` stands for.
func byteOfToken(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
    let digits = token[3..<5].map { byte -> UInt8? in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
        default: nil
        }
    }
    guard let high = digits[0], let low = digits[1] else { return nil }
    return high << 4 | low
}
