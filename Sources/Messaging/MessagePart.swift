internal import CZeroMQ

/// One received part of a message, in ZeroMQ's own memory; used again for the next one.
final class MessagePart {
    let message: UnsafeMutablePointer<zmq_msg_t>

    init() {
        message = .allocate(capacity: 1)
        zmq_msg_init(message)
    }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    /// Valid until the next `receive` into this part.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    }

    /// The key that the sender has proved to own; nil where links are open.
    var senderKey: PublicKey? {
        guard let text = zmq_msg_gets(message, "User-Id") else { return nil }
        return PublicKey(String(cString: text))
    }

    /// Whether more parts of the same message follow.
    var hasMore: Bool { zmq_msg_more(message) != 0 }
}
