import CZeroMQ

/// A ZeroMQ socket without any of our rules, for peers that do not keep them.
final class RawSocket {
    private let context = zmq_ctx_new()
    private let handle: UnsafeMutableRawPointer?

    init(_ type: Int32, name: [UInt8]? = nil) {
        handle = zmq_socket(context, type)
        var linger: Int32 = 0
        zmq_setsockopt(handle, ZMQ_LINGER, &linger, 4)
        if let name { zmq_setsockopt(handle, ZMQ_ROUTING_ID, name, name.count) }
    }

    deinit {
        zmq_close(handle)
        zmq_ctx_term(context)
    }

    func set(_ option: Int32, _ text: String) { zmq_setsockopt(handle, option, text, text.utf8.count) }

    func connect(_ address: String) -> Bool { zmq_connect(handle, address) == 0 }

    func bind(_ address: String) -> Bool { zmq_bind(handle, address) == 0 }

    var endpoint: String {
        var text = [CChar](repeating: 0, count: 256)
        var size = text.count
        zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &size)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Sends one message of these parts, waiting where there is no room.
    func send(_ parts: [[UInt8]]) {
        for (index, part) in parts.enumerated() {
            zmq_send(handle, part, part.count, index + 1 < parts.count ? ZMQ_SNDMORE : 0)
        }
    }

    /// One part, or nil when there is none now.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = zmq_recv(handle, &buffer, buffer.count, ZMQ_DONTWAIT)
        return count < 0 ? nil : Array(buffer.prefix(Int(count)))
    }
}
