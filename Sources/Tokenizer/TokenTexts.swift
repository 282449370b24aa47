/// What each id adds to a text: worked out once, so that decoding a token is a copy of a few bytes.
final class TokenTexts: Sendable {
    enum Kind: Sendable {
        /// No token has this id.
        case unknown
        case text
        /// One byte of a byte-fallback run.
        case byte(UInt8)
    }

    /// What one id adds.
    enum Rendering {
        case text([UInt8])
        case byte(UInt8)
    }

    /// Many short texts, one behind the other.
    private struct Texts: Sendable {
        var arena: [UInt8] = []
        /// Text i is `arena[starts[i]..<starts[i + 1]]`.
        var starts: [Int] = [0]

        mutating func append(_ text: [UInt8]) {
            arena += text
            starts.append(arena.count)
        }

        func byteCount(_ index: Int) -> Int { starts[index + 1] - starts[index] }

        func with<Result>(_ index: Int, _ body: (Bytes) -> Result) -> Result {
            arena.withUnsafeBufferPointer { body($0.part(starts[index]..<starts[index + 1])) }
        }
    }

    let decoder: Decoder
    private let kinds: [Kind]
    private let texts: Texts
    /// The texts of first tokens, kept only where a first token is written otherwise.
    private let firsts: Texts?

    /// `render` says what an id adds, and what it adds as the first token of a text.
    init(size: Int, decoder: Decoder, render: (UInt32, _ isFirst: Bool) -> Rendering?) {
        var texts = Texts()
        var firsts = Texts()
        var kinds: [Kind] = []
        kinds.reserveCapacity(size)
        let hasFirsts = decoder.treatsFirstSpecially
        for id in 0..<UInt32(size) {
            var text: [UInt8] = []
            switch render(id, false) {
            case nil: kinds.append(.unknown)
            case .byte(let byte)?: kinds.append(.byte(byte))
            case .text(let bytes)?:
                kinds.append(.text)
                text = bytes
            }
            texts.append(text)
            guard hasFirsts else { continue }
            if case .text(let first)? = render(id, true) { firsts.append(first) } else { firsts.append([]) }
        }
        self.decoder = decoder
        self.kinds = kinds
        self.texts = texts
        self.firsts = hasFirsts ? firsts : nil
    }

    func kind(_ id: UInt32) -> Kind { Int(id) < kinds.count ? kinds[Int(id)] : .unknown }

    /// Lends the bytes of a known id.
    func withBytes<Result>(_ id: UInt32, isFirst: Bool, _ body: (Bytes) -> Result) -> Result {
        if isFirst, let firsts { return firsts.with(Int(id), body) }
        return texts.with(Int(id), body)
    }

    /// Whether a text that was at its start before `id` still is behind it.
    func staysAtStart(_ id: UInt32) -> Bool {
        guard let firsts else { return false }
        let isEmpty = firsts.byteCount(Int(id)) == 0
        return switch decoder.start {
        case .firstToken: false
        case .text: isEmpty
        case .textOrChange: isEmpty && texts.byteCount(Int(id)) == 0
        }
    }
}
