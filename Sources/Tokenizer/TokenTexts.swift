/// What each id adds to a text: worked out once, so that decoding a token is a copy of a few bytes.
final class TokenTexts: Sendable {
    let decoder: Decoder
    private let arena: [UInt8]
    /// Id i is `arena[starts[i]..<starts[i + 1]]`.
    private let starts: [Int]
    private let kinds: [Kind]
    /// The texts of first tokens, kept only where a first token is written otherwise.
    private let firsts: [[UInt8]]

    enum Kind: Sendable {
        /// No token has this id.
        case unknown
        case text
        /// One byte of a byte-fallback run.
        case byte(UInt8)
    }

    init(size: Int, decoder: Decoder, token: (UInt32) -> [UInt8]?) {
        let memory = MatchMemory()
        var arena: [UInt8] = []
        var starts = [0]
        var kinds: [Kind] = []
        var firsts: [[UInt8]] = []
        for id in 0..<UInt32(size) {
            var kind = Kind.unknown
            if let token = token(id) {
                let bytes = decoder.bytes(of: token, isFirst: false, memory)
                kind = Self.kind(of: bytes, decoder.joining)
                arena += bytes
            }
            starts.append(arena.count)
            kinds.append(kind)
            if decoder.treatsFirstSpecially {
                firsts.append(token(id).map { decoder.bytes(of: $0, isFirst: true, memory) } ?? [])
            }
        }
        self.decoder = decoder
        self.arena = arena
        self.starts = starts
        self.kinds = kinds
        self.firsts = firsts
    }

    func kind(_ id: UInt32) -> Kind { Int(id) < kinds.count ? kinds[Int(id)] : .unknown }

    /// Lends the bytes of a known id.
    func withBytes<Result>(_ id: UInt32, isFirst: Bool, _ body: (Bytes) -> Result) -> Result {
        if isFirst, Int(id) < firsts.count { return firsts[Int(id)].withUnsafeBufferPointer(body) }
        return arena.withUnsafeBufferPointer { body($0.part(starts[Int(id)]..<starts[Int(id) + 1])) }
    }

    private static func kind(of bytes: [UInt8], _ joining: Decoder.Joining) -> Kind {
        guard case .byteFallback = joining, bytes.count == 6, bytes.starts(with: "<0x".utf8),
            bytes[5] == UInt8(ascii: ">"),
            let byte = UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16)
        else { return .text }
        return .byte(byte)
    }
}
