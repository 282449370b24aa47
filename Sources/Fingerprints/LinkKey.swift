internal import CCrypto
internal import Contract

/// What the links of one scope are made with: who does not have it can neither make such a link nor tell what
/// one stands for.
///
/// Keyed BLAKE2b (RFC 7693). The key of a scope follows from the fleet's secret and the scope's name, so all
/// edges of a fleet make the same links, and nobody has to hand out keys.
public struct LinkKey: Sendable {
    /// Of a fleet's secret.
    public static let secretBytes = 32

    private let bytes: [UInt8]

    /// Nil without a secret, or where the system's library does not know the hash.
    public init?(secret: [UInt8], scope: String) {
        guard secret.count == Self.secretBytes, let hash = KeyedHash(key: secret, byteCount: 32),
            let key = hash.value(of: [Array("millrace prefix scope".utf8), [0], Array(scope.utf8)])
        else { return nil }
        bytes = key
    }

    /// A link behind another one for the bytes that come next.
    func maker() -> LinkMaker? { KeyedHash(key: bytes, byteCount: PrefixLink.byteCount).map(LinkMaker.init) }
}

/// Makes the links of one prompt after the other.
struct LinkMaker {
    private let hash: KeyedHash

    init(_ hash: KeyedHash) { self.hash = hash }

    /// The link for `bytes` behind `link`; nil where the system's library fails.
    func link(behind link: PrefixLink, _ bytes: ArraySlice<UInt8>) -> PrefixLink? {
        var before: [UInt8] = []
        before.reserveCapacity(PrefixLink.byteCount)
        for word in [link.high, link.low] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                before.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        guard let value = hash.value(of: [before[...], bytes]) else { return nil }
        return PrefixLink(high: Self.word(value[..<8]), low: Self.word(value[8...]))
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// BLAKE2b with a key, for values of a given length; made once, it is used for any number of texts.
final class KeyedHash {
    private let context: OpaquePointer
    private let key: [UInt8]
    private let byteCount: Int

    init?(key: [UInt8], byteCount: Int) {
        guard let method = EVP_MAC_fetch(nil, "BLAKE2BMAC", nil) else { return nil }
        // The context keeps the method.
        defer { EVP_MAC_free(method) }
        guard let context = EVP_MAC_CTX_new(method) else { return nil }
        self.context = context
        self.key = key
        self.byteCount = byteCount
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// Of the parts one behind the other; nil where the system's library fails.
    func value(of parts: [ArraySlice<UInt8>]) -> [UInt8]? {
        var size = byteCount
        let began = withUnsafeMutablePointer(to: &size) { size in
            "size".withCString { name in
                let parameters = [OSSL_PARAM_construct_size_t(name, size), OSSL_PARAM_construct_end()]
                return EVP_MAC_init(context, key, key.count, parameters)
            }
        }
        guard began == 1 else { return nil }
        for part in parts {
            let isTaken = part.withUnsafeBufferPointer { EVP_MAC_update(context, $0.baseAddress, $0.count) }
            guard isTaken == 1 else { return nil }
        }
        var value = [UInt8](repeating: 0, count: byteCount)
        var written = 0
        guard EVP_MAC_final(context, &value, &written, value.count) == 1, written == byteCount else {
            return nil
        }
        return value
    }

    func value(of parts: [[UInt8]]) -> [UInt8]? { value(of: parts.map { $0[...] }) }
}
