internal import CZeroMQ
internal import EventLoop
internal import Synchronization

/// Answers, for every connection that wants in, whether its key belongs to the fleet and to the kind of link
/// (ZAP, RFC 27).
///
/// A thread of its own, because ZeroMQ asks over a socket while links are being made. It ends with the
/// context.
final class Gatekeeper: Sendable {
    /// How often whoever keeps the list is asked to look at it again.
    private static let rest: Int32 = 1000

    private let thread: LoopThread

    /// `context` must outlive it; `refresh` is called about once a second and before each answer.
    init(
        _ context: UnsafeMutableRawPointer,
        _ roster: FleetRoster,
        refresh: @escaping @Sendable () -> Void
    ) throws {
        // Bound before any server's socket, or ZeroMQ would let nobody in.
        guard let handle = zmq_socket(context, ZMQ_REP) else { throw MessagingError.last("zmq_socket") }
        // The new thread's alone from here on; starting it is the fence that zmq_socket(3) wants.
        nonisolated(unsafe) let door = Door(handle)
        guard zmq_bind(handle, "inproc://zeromq.zap.01") == 0 else {
            throw MessagingError.last("bind inproc://zeromq.zap.01")
        }
        var (rest, linger) = (Self.rest, Int32(0))
        guard zmq_setsockopt(handle, ZMQ_RCVTIMEO, &rest, 4) == 0,
            zmq_setsockopt(handle, ZMQ_LINGER, &linger, 4) == 0
        else { throw MessagingError.last("RCVTIMEO") }
        thread = try LoopThread(name: "gatekeeper") { door.serve(roster, refresh) }
    }

    /// To be called when the context has ended.
    func join() { thread.join() }
}

/// The socket that the questions come in by.
private final class Door {
    private let handle: UnsafeMutableRawPointer
    private let part = MessagePart()

    init(_ handle: UnsafeMutableRawPointer) { self.handle = handle }

    deinit { zmq_close(handle) }

    func serve(_ roster: FleetRoster, _ refresh: () -> Void) {
        while true {
            if let question = receive() {
                // Who has just been put on the list does not wait for the next look at it.
                refresh()
                answer(question, roster)
            } else if zmq_errno() == EAGAIN {
                refresh()
            } else if zmq_errno() != EINTR {
                return
            }
        }
    }

    /// All parts of a question; nil when there is none, for the reason in `errno`.
    private func receive() -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        repeat {
            guard zmq_msg_recv(part.message, handle, 0) >= 0 else { return nil }
            parts.append(Array(part.bytes))
        } while part.hasMore
        return parts
    }

    /// The user that it tells is the key: what that may do is looked up again with each frame.
    ///
    /// Version, number, domain, address, name, mechanism and credentials come in; version, number, status,
    /// reason, user and metadata go out.
    private func answer(_ question: [[UInt8]], _ roster: FleetRoster) {
        var reply: [[UInt8]] = [Array("1.0".utf8), question.count > 1 ? question[1] : []]
        if let key = admitted(question, roster) {
            reply += [Array("200".utf8), Array("OK".utf8), Array(key.description.utf8), []]
        } else {
            reply += [Array("400".utf8), Array("this key has no business here".utf8), [], []]
        }
        for (index, part) in reply.enumerated() {
            zmq_send(handle, part, part.count, index + 1 < reply.count ? ZMQ_SNDMORE : 0)
        }
    }

    private func admitted(_ question: [[UInt8]], _ roster: FleetRoster) -> PublicKey? {
        guard question.count == 7, question[0] == Array("1.0".utf8), question[5] == Array("CURVE".utf8),
            let domain = LinkKind(rawValue: String(decoding: question[2], as: UTF8.self)),
            let key = PublicKey(curveBytes: question[6]), let role = roster.role(of: key)
        else { return nil }
        return domain.clients.contains(role) ? key : nil
    }
}

extension PublicKey {
    /// The 32 bytes that a handshake tells.
    init?(curveBytes bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: Self.length + 1)
        guard zmq_z85_encode(&text, bytes, bytes.count) != nil else { return nil }
        self.init(String(decoding: text.prefix(Self.length).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
