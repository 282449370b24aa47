internal import CCurl

/// Why no whole reply came.
enum TransferError: Error, Hashable {
    /// Nobody answers at that address.
    case unreachable
    /// The user asked to stop.
    case stopped
    case failed(String)
}

/// One HTTP exchange whose reply is handed over as it arrives; blocks its thread until it ends.
final class Transfer {
    /// What came back; `receive` is called with the status of the reply and the next bytes of its body.
    typealias Receiver = (_ status: Int, _ bytes: UnsafeRawBufferPointer) -> Void

    /// curl's own set-up, which must happen once and before anything else.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    private let receive: Receiver
    private let isStopped: () -> Bool

    /// A GET, or with a body the POST of JSON.
    ///
    /// `isStopped` is asked about once a second, and after every signal.
    private init(
        _ url: String,
        body: [UInt8]?,
        isStopped: @escaping () -> Bool,
        receive: @escaping Receiver
    ) throws(TransferError) {
        guard Self.isReady, let handle = curl_easy_init() else { throw .failed("curl cannot be set up") }
        self.handle = handle
        self.receive = receive
        self.isStopped = isStopped
        curl_shim_set_text(handle, CURLOPT_URL, url)
        curl_shim_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        curl_shim_set_text(handle, CURLOPT_USERAGENT, "millrace-chat")
        curl_shim_set_number(handle, CURLOPT_NOSIGNAL, 1)
        curl_shim_set_number(handle, CURLOPT_CONNECTTIMEOUT, 10)
        if let body {
            _ = body.withUnsafeBytes { curl_shim_set_body(handle, $0.baseAddress, curl_off_t($0.count)) }
        }
    }

    deinit { curl_easy_cleanup(handle) }

    /// Exchanges and returns the status; throws when the reply did not come to its end.
    static func perform(
        _ url: String,
        body: [UInt8]? = nil,
        isStopped: @escaping () -> Bool = { false },
        receive: @escaping Receiver
    ) throws(TransferError) -> Int {
        let transfer = try Transfer(url, body: body, isStopped: isStopped, receive: receive)
        let headers = body == nil ? nil : curl_slist_append(nil, "Content-Type: application/json")
        defer { curl_slist_free_all(headers) }
        curl_shim_set_headers(transfer.handle, headers)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        curl_shim_set_receiver(transfer.handle, receiveBytes, context)
        curl_shim_set_watcher(transfer.handle, watch, context)
        let code = withExtendedLifetime(transfer) { curl_easy_perform(transfer.handle) }
        switch code {
        case CURLE_OK: return transfer.status
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: throw .unreachable
        case CURLE_ABORTED_BY_CALLBACK: throw .stopped
        default: throw .failed(String(cString: curl_easy_strerror(code)))
        }
    }

    private var status: Int { curl_shim_status(handle) }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) { receive(status, bytes) }
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
    // `size` is always 1 (CURLOPT_WRITEFUNCTION(3)).
    transfer.take(UnsafeRawBufferPointer(start: bytes, count: count))
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
