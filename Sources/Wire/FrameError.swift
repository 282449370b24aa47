public import Contract

/// Why bytes are not a frame, or a message does not fit into one.
///
/// Safe to send back: it never quotes the payload.
public struct FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `malformed_frame`, `unsupported`, `unsupported_version` or `frame_too_large` when reading;
    /// `too_large` or `invalid_request`, for the sender alone, when writing.
    public var code: ErrorCode
    /// A sentence that names the field and the limit.
    public var detail: String

    public init(_ code: ErrorCode, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String { "\(code.rawValue): \(detail)" }

    static func malformed(_ detail: String) -> FrameError { FrameError(.malformedFrame, detail) }
}

/// Text for people, cut to its limit where a code point ends.
///
/// It is not refused like other texts: it may quote what a client sent, and a message that cannot be written
/// costs everybody on the link their session.
func shortened(detail text: String) -> String {
    let mark = "…"
    let bytes = text.utf8
    guard bytes.count > WireLimits.detailBytes else { return text }
    var end = bytes.index(bytes.startIndex, offsetBy: WireLimits.detailBytes - mark.utf8.count)
    while bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
    return text[..<end] + mark
}

/// Refuses to write a field that is over its limit.
func requireWritable(_ field: String, _ count: Int, atMost limit: Int) throws(FrameError) {
    guard count <= limit else { throw FrameError(.tooLarge, "\(field) is \(count), the limit is \(limit)") }
}
