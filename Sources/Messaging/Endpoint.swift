/// Where a listener listens and a dialer dials: `inproc://name`, `ipc://path` or `tcp://host:port`.
///
/// Nothing else that ZeroMQ knows is let through: no pgm, no norm, no wildcard host, no abstract ipc name
/// (which has no owner and no permissions). Names and addresses beyond loopback are refused unless the
/// caller allows them, because without keys they carry prompts in the clear.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public enum Transport: String, CaseIterable, Sendable {
        case inproc
        case ipc
        case tcp
    }

    public let transport: Transport
    /// As ZeroMQ takes it.
    public let description: String
    let isIPv6: Bool

    /// A Unix socket's path has 107 bytes at most (unix(7)).
    private static let pathBytes = 107
    private static let nameBytes = 255

    public init(_ text: String, allowInsecure: Bool = false) throws(MessagingError) {
        guard let transport = Transport.allCases.first(where: { text.hasPrefix("\($0.rawValue)://") }) else {
            throw .endpoint(text, problem: "it must begin with inproc://, ipc:// or tcp://")
        }
        let address = text.dropFirst(transport.rawValue.count + 3)
        var isIPv6 = false
        switch transport {
        case .inproc: try Self.check(address, of: text, atMost: Self.nameBytes)
        case .ipc:
            try Self.check(address, of: text, atMost: Self.pathBytes)
            guard address != "*" else { throw .endpoint(text, problem: "a wildcard is not an address") }
            guard !address.hasPrefix("@") else {
                throw .endpoint(text, problem: "an abstract name has no permissions; use a path")
            }
        case .tcp:
            let host = try Self.host(of: address, text)
            isIPv6 = host.isIPv6
            guard host.isLoopback || allowInsecure else {
                throw .endpoint(
                    text,
                    problem: "beyond loopback it would be neither encrypted nor authenticated"
                )
            }
        }
        self.transport = transport
        self.isIPv6 = isIPv6
        description = text
    }

    private static func check(_ address: Substring, of text: String, atMost limit: Int) throws(MessagingError)
    {
        guard (1...limit).contains(address.utf8.count) else {
            throw .endpoint(text, problem: "the address must have 1 to \(limit) bytes")
        }
        guard address.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .endpoint(text, problem: "the address must not have control characters")
        }
    }

    /// Port 0 lets a listener have any free port; `Listener.endpoint` says which.
    private static func host(of address: Substring, _ text: String) throws(MessagingError) -> Host {
        guard let colon = address.lastIndex(of: ":"), let host = Host(address[..<colon]) else {
            throw .endpoint(
                text,
                problem: "it must be tcp://host:port with an address, a name or an [IPv6 address]"
            )
        }
        guard !host.isWildcard else { throw .endpoint(text, problem: "a wildcard is not an address") }
        let port = address[address.index(after: colon)...]
        guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            UInt16(port) != nil
        else {
            throw .endpoint(text, problem: "the port must be a number from 0 to 65535")
        }
        return host
    }
}

/// The host of a tcp endpoint.
private struct Host {
    var isIPv6 = false
    var isLoopback = false
    var isWildcard = false

    init?(_ text: Substring) {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let address = text.dropFirst().dropLast()
            guard (2...39).contains(address.utf8.count), address.allSatisfy({ $0 == ":" || $0.isHexDigit })
            else {
                return nil
            }
            isIPv6 = true
            isLoopback = address == "::1"
            isWildcard = address.allSatisfy { $0 == ":" || $0 == "0" }
            return
        }
        if text == "*" {
            isWildcard = true
            return
        }
        guard (1...253).contains(text.utf8.count), text.utf8.allSatisfy(Self.isNameByte) else { return nil }
        guard text.contains(where: { $0.isLetter }) else {
            let octets = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            guard octets.count == 4, !octets.contains(nil) else { return nil }
            isLoopback = octets[0] == 127
            isWildcard = octets.allSatisfy { $0 == 0 }
            return
        }
        isLoopback = text == "localhost"
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
