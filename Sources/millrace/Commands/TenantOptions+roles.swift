import Configuration
import Edge
import Lanes
import Telemetry

/// What the roles make of the section `tenants`.
extension TenantOptions {
    /// For edges.
    var keyBook: KeyBook {
        var book = KeyBook()
        for tenant in tenants {
            book.add(tenant: tenant.name, isOpen: tenant.isOpen)
            if let group = tenant.prefixGroup { book.share(tenant.name, in: group) }
            for key in tenant.keys { book.add(key, of: tenant.name) }
        }
        return book
    }

    /// For the coordinator.
    var policies: [String: TenantPolicy] {
        Dictionary(
            tenants.map { ($0.name, TenantPolicy(weight: $0.weight, share: $0.share)) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension AdminDoor {
    /// Of the section `admin`.
    init(_ options: AdminOptions) {
        var book = KeyBook()
        for key in options.keys { book.add(key, of: "admin") }
        self.init(book)
    }
}

extension KeyBook {
    fileprivate mutating func add(_ key: TenantKey, of owner: String) {
        switch key {
        case .digest(let digits): add(digest: Self.bytes(digits), of: owner)
        case .secret(let key): add(secret: key.exposed, of: owner)
        // Read when the options were.
        case .file: break
        }
    }

    private static func bytes(_ digits: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
