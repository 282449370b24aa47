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
            for key in tenant.keys {
                switch key {
                case .digest(let digits): book.add(digest: Self.bytes(digits), of: tenant.name)
                case .secret(let key): book.add(secret: key.exposed, of: tenant.name)
                // Read when the options were.
                case .file: break
                }
            }
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
