internal import CCurl

/// An http or https address, taken apart as the transfer itself will take it apart.
///
/// One parser for both, because what a check believes to be the host must be the host that is asked.
public struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    /// Who gets what is sent: two addresses with the same origin are the same server.
    public struct Origin: Hashable, Sendable, CustomStringConvertible {
        public var scheme: String
        /// In small letters.
        public var host: String
        public var port: String

        public var description: String { "\(scheme)://\(host):\(port)" }
    }

    public let description: String
    public let origin: Origin

    /// Nil unless it is an http or https address with a host, and without a user's name in it.
    public init?(_ text: String) { self.init(text, relativeTo: nil) }

    /// What `reference` means in a reply from this address (RFC 3986, section 5).
    public func resolving(_ reference: String) -> WebAddress? { WebAddress(reference, relativeTo: self) }

    private init?(_ text: String, relativeTo base: WebAddress?) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        if let base, curl_url_set(handle, CURLUPART_URL, base.description, 0) != CURLUE_OK { return nil }
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK,
            let whole = Self.part(CURLUPART_URL, of: handle),
            let scheme = Self.part(CURLUPART_SCHEME, of: handle), ["http", "https"].contains(scheme),
            let host = Self.part(CURLUPART_HOST, of: handle), !host.isEmpty,
            let port = Self.part(CURLUPART_PORT, of: handle, UInt32(CURLU_DEFAULT_PORT)),
            Self.part(CURLUPART_USER, of: handle) == nil
        else { return nil }
        description = whole
        origin = Origin(scheme: scheme, host: host.lowercased(), port: port)
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
