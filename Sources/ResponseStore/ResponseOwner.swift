internal import CCrypto

/// Whose response it is: the digest of an API key, so that no key lies in a file.
public struct ResponseOwner: Hashable, Sendable {
    let digest: [UInt8]

    /// The same for equal keys, and no help to find one.
    public var name: String {
        digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Of whoever shows this key; all who show none are one.
    public init(key: String?) {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let bytes = Array("millrace response owner:\(key ?? "")".utf8)
        let done = EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil)
        // Without a digest, nobody finds what this owner stores.
        self.digest =
            done == 1 ? Array(digest.prefix(Int(count))) : (0..<32).map { _ in .random(in: 0...255) }
    }
}
