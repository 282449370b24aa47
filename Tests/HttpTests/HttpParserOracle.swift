import CHttpParser

/// libhttp_parser as a second opinion, for requests and for replies.
final class HttpParserOracle {
    struct Message {
        var method = ""
        var target: [UInt8] = []
        var status = 0
        var fields: [(name: [UInt8], value: [UInt8])] = []
        var body: [UInt8] = []
        var keepsAlive = false

        func value(_ name: String) -> String? {
            fields.first { String(decoding: $0.name, as: UTF8.self).lowercased() == name }
                .map { String(decoding: $0.value, as: UTF8.self) }
        }

        var request: ParsedRequest {
            ParsedRequest(
                method: method,
                target: String(decoding: target, as: UTF8.self),
                headers: fields.map { field in
                    // White space after a value is not part of it (RFC 9110 5.5); libhttp_parser leaves it
                    // on.
                    let end = field.value.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? 0
                    let value = String(decoding: field.value[..<end], as: UTF8.self)
                    return "\(String(decoding: field.name, as: UTF8.self))|\(value)"
                },
                body: body
            )
        }
    }

    private(set) var messages: [Message] = []
    /// Interim replies, such as 100.
    private(set) var interimCount = 0
    /// Replies to HEAD have no body, whatever they announce.
    var expectsNoBody = false

    fileprivate var message = Message()
    fileprivate var isInValue = false
    fileprivate var isInTrailers = false
    // A pointer, because the callbacks touch it while the parser runs.
    private let parser = UnsafeMutablePointer<http_parser>.allocate(capacity: 1)
    private var settings = http_parser_settings()

    init(_ type: http_parser_type) {
        http_parser_init(parser, type)
        parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        http_parser_settings_init(&settings)
        settings.on_message_begin = began
        settings.on_url = sawTarget
        settings.on_header_field = sawName
        settings.on_header_value = sawValue
        settings.on_headers_complete = sawHead
        settings.on_body = sawBody
        settings.on_message_complete = ended
    }

    static func ofReplies() -> HttpParserOracle { HttpParserOracle(HTTP_RESPONSE) }

    deinit { parser.deallocate() }

    var error: http_errno { http_errno(rawValue: parser.pointee.http_errno) }

    func feed(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                _ = http_parser_execute(parser, &settings, $0.baseAddress, $0.count)
            }
        }
    }

    /// No more bytes will come.
    func finish() { _ = http_parser_execute(parser, &settings, nil, 0) }

    fileprivate func begin() {
        message = Message()
        isInValue = false
        isInTrailers = false
    }

    fileprivate func headIsComplete() -> Int32 {
        isInTrailers = true
        message.status = Int(parser.pointee.status_code)
        message.method = String(cString: http_method_str(http_method(rawValue: parser.pointee.method)))
        message.keepsAlive = http_should_keep_alive(parser) != 0
        return expectsNoBody ? 1 : 0
    }

    fileprivate func complete() {
        if message.status / 100 == 1 { interimCount += 1 } else { messages.append(message) }
    }
}

private func oracle(_ parser: UnsafeMutablePointer<http_parser>?) -> HttpParserOracle? {
    parser?.pointee.data.map { Unmanaged<HttpParserOracle>.fromOpaque($0).takeUnretainedValue() }
}

private func bytes(_ start: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
    UnsafeBufferPointer(start: start, count: count).map { UInt8(bitPattern: $0) }
}

// Free functions, because C calls them.
private func began(_ parser: UnsafeMutablePointer<http_parser>?) -> Int32 {
    oracle(parser)?.begin()
    return 0
}

private func sawTarget(
    _ parser: UnsafeMutablePointer<http_parser>?,
    _ start: UnsafePointer<CChar>?,
    _ count: Int
)
    -> Int32
{
    oracle(parser)?.message.target += bytes(start, count)
    return 0
}

private func sawName(
    _ parser: UnsafeMutablePointer<http_parser>?,
    _ start: UnsafePointer<CChar>?,
    _ count: Int
)
    -> Int32
{
    guard let oracle = oracle(parser), !oracle.isInTrailers else { return 0 }
    if oracle.isInValue || oracle.message.fields.isEmpty { oracle.message.fields.append(([], [])) }
    oracle.isInValue = false
    oracle.message.fields[oracle.message.fields.count - 1].name += bytes(start, count)
    return 0
}

private func sawValue(
    _ parser: UnsafeMutablePointer<http_parser>?,
    _ start: UnsafePointer<CChar>?,
    _ count: Int
)
    -> Int32
{
    guard let oracle = oracle(parser), !oracle.isInTrailers, !oracle.message.fields.isEmpty else { return 0 }
    oracle.isInValue = true
    oracle.message.fields[oracle.message.fields.count - 1].value += bytes(start, count)
    return 0
}

private func sawHead(_ parser: UnsafeMutablePointer<http_parser>?) -> Int32 {
    oracle(parser)?.headIsComplete() ?? 0
}

private func sawBody(
    _ parser: UnsafeMutablePointer<http_parser>?,
    _ start: UnsafePointer<CChar>?,
    _ count: Int
)
    -> Int32
{
    oracle(parser)?.message.body += bytes(start, count)
    return 0
}

private func ended(_ parser: UnsafeMutablePointer<http_parser>?) -> Int32 {
    oracle(parser)?.complete()
    return 0
}
