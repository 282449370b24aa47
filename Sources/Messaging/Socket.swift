internal import CZeroMQ
internal import Contract

/// One ZeroMQ socket; it belongs to one thread, and says so by not being `Sendable`.
final class Socket {
    enum Outcome {
        case sent
        /// The peer's queue is full, or nobody is connected yet.
        case full
        /// A ROUTER has no such peer, or the socket is closed.
        case unreachable
    }

    struct Events {
        var readable: Bool
        var writable: Bool
    }

    private let context: MessagingContext
    private var handle: UnsafeMutableRawPointer?

    init(_ context: MessagingContext, type: Int32) throws(MessagingError) {
        guard let handle = zmq_socket(context.handle, type) else { throw .last("zmq_socket") }
        self.context = context
        self.handle = handle
        try set(ZMQ_LINGER, 0, "LINGER")
    }

    deinit { close() }

    var isOpen: Bool { handle != nil }

    func close() {
        guard let handle else { return }
        self.handle = nil
        zmq_close(handle)
    }

    func set(_ option: Int32, _ value: Int32, _ name: String) throws(MessagingError) {
        var value = value
        guard zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size) == 0 else { throw .last(name) }
    }

    private func set(largestFrame byteCount: Int64) throws(MessagingError) {
        var value = byteCount
        guard zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &value, MemoryLayout<Int64>.size) == 0 else {
            throw .last("MAXMSGSIZE")
        }
    }

    func set(_ option: Int32, _ text: String, _ name: String) throws(MessagingError) {
        try set(option, Array(text.utf8), name)
    }

    func set(_ option: Int32, _ bytes: [UInt8], _ name: String) throws(MessagingError) {
        guard zmq_setsockopt(handle, option, bytes, bytes.count) == 0 else { throw .last(name) }
    }

    /// Sets what dialers and listeners have in common.
    func configure(_ options: LinkOptions, for endpoint: Endpoint) throws(MessagingError) {
        try set(ZMQ_IMMEDIATE, 1, "IMMEDIATE")
        try set(ZMQ_SNDHWM, options.queuedFrames, "SNDHWM")
        try set(ZMQ_RCVHWM, options.queuedFrames, "RCVHWM")
        try set(largestFrame: options.frameBytes)
        try set(ZMQ_HANDSHAKE_IVL, milliseconds(options.handshakeTimeout), "HANDSHAKE_IVL")
        try set(ZMQ_RECONNECT_IVL, milliseconds(options.reconnect), "RECONNECT_IVL")
        try set(ZMQ_RECONNECT_IVL_MAX, milliseconds(options.reconnectLimit), "RECONNECT_IVL_MAX")
        if endpoint.transport == .tcp {
            // One probe a second after the first quiet one; data that is not acknowledged is given up alike.
            let seconds = max(2, milliseconds(options.silence) / 1000)
            try set(ZMQ_TCP_KEEPALIVE, 1, "TCP_KEEPALIVE")
            try set(ZMQ_TCP_KEEPALIVE_IDLE, 1, "TCP_KEEPALIVE_IDLE")
            try set(ZMQ_TCP_KEEPALIVE_INTVL, 1, "TCP_KEEPALIVE_INTVL")
            try set(ZMQ_TCP_KEEPALIVE_CNT, seconds - 1, "TCP_KEEPALIVE_CNT")
            try set(ZMQ_TCP_MAXRT, milliseconds(options.silence), "TCP_MAXRT")
            try set(ZMQ_IPV6, endpoint.isIPv6 ? 1 : 0, "IPV6")
        }
    }

    /// Lets in only who the gatekeeper knows.
    func lock(as kind: LinkKind, _ keys: FleetKeys) throws(MessagingError) {
        try set(ZMQ_CURVE_SERVER, 1, "CURVE_SERVER")
        try set(ZMQ_CURVE_SECRETKEY, keys.own.secret, "CURVE_SECRETKEY")
        // The question to the gatekeeper. If he were gone, ZeroMQ would let everybody in, but without the
        // key's name, and nobody is heard without that.
        try set(ZMQ_ZAP_DOMAIN, kind.rawValue, "ZAP_DOMAIN")
    }

    /// Speaks to the owner of `server` only, from the next connection on.
    func lock(to server: PublicKey, _ keys: FleetKeys) throws(MessagingError) {
        try set(ZMQ_CURVE_SERVERKEY, server.description, "CURVE_SERVERKEY")
        try set(ZMQ_CURVE_PUBLICKEY, keys.own.publicKey.description, "CURVE_PUBLICKEY")
        try set(ZMQ_CURVE_SECRETKEY, keys.own.secret, "CURVE_SECRETKEY")
    }

    func bind(_ endpoint: Endpoint) throws(MessagingError) {
        guard zmq_bind(handle, endpoint.description) == 0 else { throw .last("bind \(endpoint)") }
    }

    func connect(_ address: String) throws(MessagingError) {
        guard zmq_connect(handle, address) == 0 else { throw .last("connect \(address)") }
    }

    /// Ends the connection to what was connected under this address, and dials it no more.
    func disconnect(_ address: String) { zmq_disconnect(handle, address) }

    /// The endpoint really bound, with the port that the system chose.
    func lastEndpoint() throws(MessagingError) -> String {
        var text = [CChar](repeating: 0, count: 512)
        var size = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &size) == 0 else {
            throw .last("LAST_ENDPOINT")
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func descriptor() throws(MessagingError) -> Int32 {
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        guard zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size) == 0 else { throw .last("FD") }
        return descriptor
    }

    /// Sends the socket's life signs to a PAIR socket at `address`.
    func monitor(_ events: Int32, at address: String) throws(MessagingError) {
        guard zmq_socket_monitor(handle, address, events) == 0 else { throw .last("zmq_socket_monitor") }
    }

    /// Carries out what the I/O thread has asked for, which also resets the descriptor, and says what is
    /// possible now.
    func events() -> Events {
        var bits: Int32 = 0
        var size = MemoryLayout<Int32>.size
        guard let handle, zmq_getsockopt(handle, ZMQ_EVENTS, &bits, &size) == 0 else {
            return Events(readable: false, writable: false)
        }
        return Events(readable: bits & ZMQ_POLLIN != 0, writable: bits & ZMQ_POLLOUT != 0)
    }

    /// Receives one part without waiting; false when there is none.
    func receive(into part: MessagePart) -> Bool {
        while let handle {
            if zmq_msg_recv(part.message, handle, ZMQ_DONTWAIT) >= 0 { return true }
            guard zmq_errno() == EINTR else { return false }
        }
        return false
    }

    func send(_ bytes: [UInt8], more: Bool = false) -> Outcome {
        bytes.withUnsafeBytes { send($0, more: more) }
    }

    func send(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Outcome {
        while let handle {
            if zmq_send(handle, bytes.baseAddress, bytes.count, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0
            {
                return .sent
            }
            switch zmq_errno() {
            case EINTR: continue
            case EAGAIN: return .full
            default: return .unreachable
            }
        }
        return .unreachable
    }

    private func milliseconds(_ duration: Duration) -> Int32 { Int32(clamping: duration.milliseconds) }
}
