internal import CCurl

/// Why no whole reply came.
public enum TransferError: Error, Hashable, Sendable {
    /// Nobody answers at that address.
    case unreachable(String)
    /// The user asked to stop.
    case stopped
    /// Whoever received the reply wanted no more of it.
    case declined
    /// The connection was lost or fell silent; another try may succeed.
    case broken(String)
    /// Another try would end the same way.
    case failed(String)

    init(_ code: CURLcode) {
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = .unreachable(reason)
        case CURLE_ABORTED_BY_CALLBACK: self = .stopped
        case CURLE_WRITE_ERROR: self = .declined
        case CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_RECV_ERROR,
            CURLE_SEND_ERROR, CURLE_SSL_CONNECT_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            self = .broken(reason)
        default: self = .failed(reason)
        }
    }
}

/// One HTTP exchange whose reply is handed over as it arrives; blocks its thread until it ends.
///
/// Redirects are not followed: whoever asks decides what the next address is told.
public final class Transfer {
    /// What is asked of whom.
    public struct Request {
        public var url: String
        public var fields: [(name: String, value: String)] = []
        /// Nil: a GET; with a body the POST of JSON.
        public var body: [UInt8]?
        /// Ends the transfer as broken once nothing has come for so long; nil waits for ever.
        public var patienceSeconds: Int?

        public init(_ url: String) { self.url = url }
    }

    /// Takes the next bytes of the body; false ends the transfer as declined.
    public typealias Receiver = (_ head: HttpReplyHead, _ bytes: UnsafeRawBufferPointer) -> Bool

    private static let connectSeconds = 10
    /// curl's own set-up, which must happen once and before anything else.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    private let receive: Receiver
    private let isStopped: () -> Bool
    private var head = HttpReplyHead(status: 0)

    private init(
        _ request: Request,
        isStopped: @escaping () -> Bool,
        receive: @escaping Receiver
    ) throws(TransferError) {
        guard Self.isReady, let handle = curl_easy_init() else { throw .failed("curl cannot be set up") }
        self.handle = handle
        self.receive = receive
        self.isStopped = isStopped
        curl_shim_set_text(handle, CURLOPT_URL, request.url)
        curl_shim_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        curl_shim_set_text(handle, CURLOPT_USERAGENT, "millrace")
        curl_shim_set_number(handle, CURLOPT_NOSIGNAL, 1)
        curl_shim_set_number(handle, CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
        if let seconds = request.patienceSeconds {
            curl_shim_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
            curl_shim_set_number(handle, CURLOPT_LOW_SPEED_TIME, seconds)
        }
        if let body = request.body {
            _ = body.withUnsafeBytes { curl_shim_set_body(handle, $0.baseAddress, curl_off_t($0.count)) }
        }
    }

    deinit { curl_easy_cleanup(handle) }

    /// Exchanges and returns what the reply began with; throws when the reply did not come to its end.
    ///
    /// `isStopped` is asked about once a second, and after every signal.
    public static func perform(
        _ request: Request,
        isStopped: @escaping () -> Bool = { false },
        receive: @escaping Receiver
    ) throws(TransferError) -> HttpReplyHead {
        let transfer = try Transfer(request, isStopped: isStopped, receive: receive)
        var fields = request.fields
        if request.body != nil { fields.append(("Content-Type", "application/json")) }
        var list: UnsafeMutablePointer<curl_slist>?
        for field in fields { list = curl_slist_append(list, "\(field.name): \(field.value)") }
        defer { curl_slist_free_all(list) }
        curl_shim_set_headers(transfer.handle, list)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        curl_shim_set_receiver(transfer.handle, receiveBytes, context)
        curl_shim_set_head_receiver(transfer.handle, receiveLine, context)
        curl_shim_set_watcher(transfer.handle, watch, context)
        let code = withExtendedLifetime(transfer) { curl_easy_perform(transfer.handle) }
        guard code == CURLE_OK else { throw TransferError(code) }
        return transfer.head
    }

    fileprivate func take(line bytes: UnsafeRawBufferPointer) { head.take(line: bytes) }
    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool { receive(head, bytes) }
    fileprivate var shouldStop: Bool { isStopped() }
}

/// Free functions, because a closure given to C from an isolated context would be checked for that isolation.
private func receiveBytes(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    // `size` is always 1 (CURLOPT_WRITEFUNCTION(3)); to return another count than was given ends the
    // transfer, and no bytes are given for an empty body.
    return transfer.take(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : count &+ 1
}

private func receiveLine(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    transfer.take(line: UnsafeRawBufferPointer(start: bytes, count: count))
    return count
}

private func watch(
    _ context: UnsafeMutableRawPointer?,
    _ downloadTotal: curl_off_t,
    _ downloaded: curl_off_t,
    _ uploadTotal: curl_off_t,
    _ uploaded: curl_off_t
) -> Int32 {
    guard let context else { return 1 }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().shouldStop ? 1 : 0
}
