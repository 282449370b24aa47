internal import CLinux
internal import Glibc

/// Where a server takes requests: the socket's address, and what stands before every path.
public struct LoadAddress: Sendable {
    public enum Fault: Error, CustomStringConvertible {
        case malformed(String)
        case encrypted(String)
        case unknownHost(String, reason: String)

        public var description: String {
            switch self {
            case .malformed(let url): "\(url) is not http://HOST[:PORT][/PATH]"
            case .encrypted(let url): "\(url): a load is put on http:// alone, not on https://"
            case .unknownHost(let host, let reason): "\(host): \(reason)"
            }
        }
    }

    /// The parts of a URL; the port is 80 where it names none.
    struct Parts: Hashable {
        var host: String
        var port: UInt16
        /// Without a slash at its end.
        var path: String

        init(_ url: String) throws(Fault) {
            if url.hasPrefix("https://") { throw .encrypted(url) }
            guard url.hasPrefix("http://") else { throw .malformed(url) }
            let rest = url.dropFirst("http://".count)
            let authority = rest.prefix { $0 != "/" }
            path = String(rest.dropFirst(authority.count))
            while path.hasSuffix("/") { path.removeLast() }
            let isBracketed = authority.hasPrefix("[")
            let hostEnd =
                isBracketed
                ? authority.firstIndex(of: "]").map { authority.index(after: $0) }
                : authority.firstIndex(of: ":") ?? authority.endIndex
            guard let hostEnd else { throw .malformed(url) }
            let name = authority[..<hostEnd]
            host = String(isBracketed ? name.dropFirst().dropLast() : name)
            let portText = authority[hostEnd...]
            guard !host.isEmpty, let number = portText.isEmpty ? 80 : UInt16(portText.dropFirst()),
                portText.isEmpty || portText.first == ":", number > 0
            else { throw .malformed(url) }
            port = number
        }
    }

    /// As `Host:` wants it.
    let hostField: String
    private let path: String
    private let storage: [UInt8]
    let family: Int32

    /// Looks the host up once.
    public init(url: String) throws(Fault) {
        let parts = try Parts(url)
        path = parts.path
        hostField = parts.host.contains(":") ? "[\(parts.host)]:\(parts.port)" : "\(parts.host):\(parts.port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(parts.host, "\(parts.port)", &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0, let first = list?.pointee, let address = first.ai_addr else {
            throw .unknownHost(parts.host, reason: String(cString: gai_strerror(code)))
        }
        family = first.ai_family
        storage = Array(UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
    }

    /// A port of this machine.
    init(port: UInt16) {
        hostField = "127.0.0.1:\(port)"
        path = ""
        family = AF_INET
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        storage = withUnsafeBytes(of: &address) { Array($0) }
    }

    /// A path of the API at this server.
    public func path(of route: String) -> String { path + route }

    /// What `connect` says.
    func connect(_ descriptor: Int32) -> Int32 {
        storage.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return -1 }
            return Glibc.connect(
                descriptor,
                base.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count)
            )
        }
    }
}
