internal import Contract
internal import Dialects
internal import Http

/// Who may load and unload models: whoever has one of the keys for it, which are no tenant's.
///
/// Without any keys it is whoever asks from the machine itself, and not through a proxy on it, which would
/// lend that to everybody.
public struct AdminDoor: Sendable {
    private let keys: KeyBook

    private static let proxyFields = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]

    public init(_ keys: KeyBook) { self.keys = keys }

    func check(_ headers: RequestHeaders, from peer: String) throws(DialectError) {
        if !keys.isEmpty {
            _ = try keys.tenant(of: headers)
            return
        }
        guard Self.isLoopback(peer), !Self.proxyFields.contains(where: { headers[$0] != nil }) else {
            throw DialectError(
                .unauthorized,
                "without admin keys in the configuration this is answered to the machine itself only"
            )
        }
    }

    /// `peer` is an address with its port, an IPv6 one in brackets.
    static func isLoopback(_ peer: String) -> Bool {
        let host = peer.hasPrefix("[") ? peer.dropFirst().prefix { $0 != "]" } : peer.prefix { $0 != ":" }
        if host == "::1" { return true }
        let address = host.hasPrefix("::ffff:") ? host.dropFirst("::ffff:".count) : host
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
