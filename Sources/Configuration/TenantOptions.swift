internal import JSON
public import Telemetry

/// Who may use the fleet, and how much of it when others want it too: the section `tenants` of the file.
///
/// It has no flags: keys do not belong on a command line.
public struct TenantOptions: Hashable, Sendable {
    /// Those with whom the machine is shared, by name.
    public struct Tenant: Hashable, Sendable {
        public var name: String
        public var weight = 1.0
        /// Nil: as much as is usual.
        public var share: Double?
        public var keys: [TenantKey] = []
        /// The group of tenants whose prompts may share what was computed; nil for its own alone.
        public var prefixGroup: String?
        /// Whether it takes requests with a key that nobody has, and those without one.
        public var isOpen = false
        /// Whether its identical requests share jobs; nil: as everybody's do.
        public var sharesJobs: Bool?
    }

    /// Every bound of the section.
    enum Limits {
        static let tenants = 1000
        static let keys = 10_000
        static let nameLength = 64
        static let keyLength = 8...512
    }

    static let section = "tenants"

    /// In alphabetical order.
    public private(set) var tenants: [Tenant] = []

    public init() {}

    init(_ settings: Settings, readsKeys: Bool) throws(UsageError) {
        guard let (file, section) = settings.tenants else { return }
        self = try TenantReader(file: file).read(section)
        guard readsKeys else { return }
        for index in tenants.indices { try tenants[index].readKeyFiles(settings.surroundings) }
        try requireDistinctKeys(file)
    }

    init(_ tenants: [Tenant]) { self.tenants = tenants.sorted { $0.name < $1.name } }

    private func requireDistinctKeys(_ file: String) throws(UsageError) {
        var owners: [TenantKey: String] = [:]
        for tenant in tenants {
            for key in tenant.keys {
                if let other = owners.updateValue(tenant.name, forKey: key), other != tenant.name {
                    throw UsageError("\(file): tenants \(other) and \(tenant.name) have a key in common")
                }
            }
        }
    }
}

/// One key of a tenant, as it was given.
public enum TenantKey: Hashable, Sendable {
    /// The SHA-256 of the key, 64 hexadecimal digits in lower case.
    case digest(String)
    /// The key itself, from a file of keys.
    case secret(Redacted<String>)
    /// A file with one key in each line; stands for its keys until it is read.
    case file(String)

    /// Reads `sha256:` and the digits; nil for anything else.
    init?(digest text: String) {
        let prefix = "sha256:"
        let digits = text.dropFirst(prefix.count).lowercased()
        guard text.hasPrefix(prefix), digits.utf8.count == 64,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self = .digest(digits)
    }
}

extension TenantOptions.Tenant {
    mutating func readKeyFiles(_ surroundings: Surroundings) throws(UsageError) {
        var found: [TenantKey] = []
        for key in keys {
            guard case .file(let path) = key else {
                found.append(key)
                continue
            }
            let text = String(decoding: try surroundings.file(path), as: UTF8.self)
            // A line's two characters in files of other systems are one to Swift.
            let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            for (index, line) in lines.enumerated() {
                let word = String(line)
                guard !word.isEmpty, !word.hasPrefix("#") else { continue }
                found.append(try Self.key(word, "\(path):\(index + 1)"))
            }
        }
        guard found.count <= TenantOptions.Limits.keys else {
            throw UsageError(
                "tenant \(name) has \(found.count) keys, the limit is \(TenantOptions.Limits.keys)"
            )
        }
        keys = found
    }

    private static func key(_ word: String, _ place: String) throws(UsageError) -> TenantKey {
        if let digest = TenantKey(digest: word) { return digest }
        let length = TenantOptions.Limits.keyLength
        // Never with the word: it may be a key.
        guard length.contains(word.utf8.count), word.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UsageError(
                "\(place) must be a key of \(length.lowerBound) to \(length.upperBound) printable bytes"
                    + " without spaces, or sha256: and 64 hexadecimal digits"
            )
        }
        return .secret(Redacted(word))
    }
}
