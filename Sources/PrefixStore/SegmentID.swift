internal import CCrypto
internal import Contract

/// Names a segment by everything that its keys and values depend on: the model and how it is computed, the
/// scope, and all tokens up to the segment's end.
///
/// BLAKE2s-256 over the parent's name and the segment's own tokens; a chain of segments begins at a root, the
/// name of a model and a scope. Nobody can make two texts share a name.
struct SegmentID: Hashable, Sendable {
    static let byteCount = 32

    private let words: InlineArray<4, UInt64>

    static func == (left: SegmentID, right: SegmentID) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1]
            && left.words[2] == right.words[2] && left.words[3] == right.words[3]
    }

    func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }

    /// Of a model and the shape of its blocks; nil where OpenSSL does not compute the digest.
    init?(ofModel description: [UInt8], blockTokens: Int, blockBytes: Int) {
        var bytes = ByteWriter()
        bytes.append(Array("model".utf8))
        bytes.append(UInt64(blockTokens))
        bytes.append(UInt64(blockBytes))
        bytes.append(description)
        self.init(digestOf: bytes.bytes)
    }

    /// Where the prefixes of a scope begin.
    init?(rootOf identity: PrefixIdentity, scope: String) {
        var bytes = ByteWriter()
        bytes.append(Array("scope".utf8))
        bytes.append(identity.digest)
        bytes.append(Array(scope.utf8))
        self.init(digestOf: bytes.bytes)
    }

    /// The segment of `tokens` behind `parent`.
    init?(behind parent: SegmentID, tokens: some Collection<TokenID>) {
        var bytes = ByteWriter()
        bytes.append(Array("next".utf8))
        bytes.append(parent)
        bytes.append(tokens)
        self.init(digestOf: bytes.bytes)
    }

    private init?(digestOf bytes: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &count, EVP_blake2s256(), nil) == 1 else { return nil }
        self.init(bytes: digest.prefix(Int(count)))
    }

    /// Nil unless there are 32 bytes.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
        for (place, byte) in bytes.enumerated() { words[place / 8] |= UInt64(byte) << (place % 8 * 8) }
        self.words = words
    }

    /// Nil unless there are 64 small hexadecimal digits.
    init?(name: some StringProtocol) {
        let digits = name.utf8.compactMap(Self.value)
        guard digits.count == 2 * Self.byteCount, name.utf8.count == digits.count else { return nil }
        self.init(bytes: (0..<Self.byteCount).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] })
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    var bytes: [UInt8] {
        (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> ($0 % 8 * 8)) }
    }

    /// In small hexadecimal digits, as the file is called.
    var name: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
