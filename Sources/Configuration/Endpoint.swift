/// Where a role of the fleet listens: a socket file on this machine or a TCP address.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// The longest path of a socket file, in bytes; `sun_path` of unix(7) holds 108 with its final zero.
    static let maximumPathLength = 107

    /// As ZeroMQ takes it.
    public let description: String
    /// Whether only this machine can reach it.
    public let isLocal: Bool

    /// Reads `ipc:///path` and `tcp://host:port`; nil for anything else.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        if text.hasPrefix("ipc://") {
            guard (1...Self.maximumPathLength).contains(text.utf8.count - 6) else { return nil }
            isLocal = true
        } else if text.hasPrefix("tcp://") {
            let address = text.dropFirst(6)
            guard let colon = address.lastIndex(of: ":"), colon > address.startIndex,
                let port = UInt16(address[address.index(after: colon)...]), port > 0
            else { return nil }
            isLocal = isLoopback(address[..<colon])
        } else {
            return nil
        }
        description = text
    }

    /// The endpoint of the `index`-th of several loops: the port so much higher, or the path with the number
    /// behind it.
    ///
    /// The first has the endpoint itself; nil where the port would be none.
    public func numbered(_ index: Int) -> Endpoint? {
        guard index > 0 else { return self }
        guard description.hasPrefix("tcp://"), let colon = description.lastIndex(of: ":") else {
            return Endpoint("\(description)-\(index)")
        }
        let port = UInt16(description[description.index(after: colon)...]) ?? 0
        return UInt16(exactly: Int(port) + index).flatMap { Endpoint("\(description[...colon])\($0)") }
    }
}

/// 127.0.0.0/8 (RFC 1122, section 3.2.1.3), ::1 and the name that stands for them.
private func isLoopback(_ host: Substring) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
}
