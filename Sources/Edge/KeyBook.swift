internal import CCrypto
internal import Contract
internal import Dialects

/// Tells from a request's API key whose it is.
///
/// Keys are known by their SHA-256 alone. Who has no way to guess a key cannot choose a digest either, so
/// that looking one up in a table tells nothing by its time.
///
/// Without any keys everybody is the same tenant, and nobody is asked for one.
public struct KeyBook: Sendable {
    private var owners: [[UInt8]: String] = [:]
    /// Whose the requests are that come without a key that somebody has.
    private var open: String?
    /// Groups of tenants whose prompts may share what was computed, by tenant.
    private var groups: [String: String] = [:]
    /// Every tenant that there may be.
    public private(set) var tenants: Set<String> = []

    /// What is left after the last key: everybody.
    public static let everybody = Routing().tenant

    public init() {}

    /// `isOpen`: requests are this tenant's that have no key, or one that nobody has.
    public mutating func add(tenant: String, isOpen: Bool = false) {
        tenants.insert(tenant)
        if isOpen { open = tenant }
    }

    /// Prompts of this tenant share what was computed with those of all others in the group.
    public mutating func share(_ tenant: String, in group: String) { groups[tenant] = group }

    /// What the prompts of a tenant share with those of others, or with its own that have the same salt; nil
    /// for all of its own alone.
    func scope(of tenant: String, salt: String? = nil) -> String? {
        guard let salt else { return groups[tenant] }
        let owner = groups[tenant].map { "group \($0)" } ?? "tenant \(tenant)"
        let digest = Self.digest(of: "\(owner)\0\(salt)")
        let letters = Array("0123456789abcdef")
        return "salt:" + String(digest.flatMap { [letters[Int($0 >> 4)], letters[Int($0 & 15)]] })
    }

    public mutating func add(secret: String, of tenant: String) {
        add(digest: Self.digest(of: secret), of: tenant)
    }

    /// `digest`: 32 bytes.
    public mutating func add(digest: [UInt8], of tenant: String) {
        tenants.insert(tenant)
        owners[digest] = tenant
    }

    /// Whether nobody has a key.
    var isEmpty: Bool { owners.isEmpty }

    /// Whose a request is.
    func tenant(of headers: RequestHeaders) throws(DialectError) -> String {
        let keys = Self.keys(in: headers)
        guard !owners.isEmpty else { return open ?? Self.everybody }
        for key in keys { if let owner = owners[Self.digest(of: key)] { return owner } }
        if let open { return open }
        throw DialectError(
            .unauthorized,
            keys.isEmpty
                ? "an API key is needed, as Authorization: Bearer KEY or as x-api-key: KEY"
                : "nobody has this API key"
        )
    }

    /// As clients of either API send them.
    private static func keys(in headers: RequestHeaders) -> [String] {
        var keys: [String] = []
        if let value = headers["authorization"] {
            let words = value.split(separator: " ", maxSplits: 1)
            if words.count == 2, words[0].lowercased() == "bearer" {
                keys.append(String(words[1].drop { $0 == " " }))
            }
        }
        if let value = headers["x-api-key"], !value.isEmpty { keys.append(value) }
        return keys
    }

    private static func digest(of key: String) -> [UInt8] {
        let bytes = Array(key.utf8)
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        // A key that could not be hashed would be nobody's: the digest stays empty.
        let isDone = EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil) == 1
        return Array(digest.prefix(isDone ? Int(count) : 0))
    }
}
