import CLinux
import EventLoop
import Glibc
import Testing

@testable import Http

/// A client on the loop of the server under test, so that everything happens in one thread and in one order.
final class TestClient {
    private(set) var received: [UInt8] = []
    /// The server closed, or reset, the connection.
    private(set) var isClosed = false
    private var isDisconnected = false
    private(set) var sentCount = 0
    private let descriptor: Int32
    private let loop: EventLoop
    private let oracle = HttpParserOracle.ofReplies()
    private var unsent: [UInt8] = []
    private var isReading = true

    /// `receiveBytes` bounds the socket's own buffer, for clients that read slowly.
    init(_ loop: EventLoop, port: UInt16, receiveBytes: Int32? = nil) throws {
        self.loop = loop
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBytes { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, 4) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) {
            connect(descriptor, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), 16)
        }
        guard code == 0 else { throw EventLoop.SystemError(call: "connect", code: linux_errno()) }
        _ = linux_set_nonblocking(descriptor)
        try loop.watch(descriptor, for: .read) { [self] in ready($0) }
    }

    /// The replies that are complete, as libhttp_parser reads them.
    var replies: [HttpParserOracle.Message] { oracle.messages }

    var interimCount: Int { oracle.interimCount }

    /// Everything that came, as it came.
    var text: String { String(decoding: received, as: UTF8.self) }

    func expectNoBodies() { oracle.expectsNoBody = true }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends now what fits, and the rest as room is made.
    func send(_ bytes: [UInt8]) {
        unsent += bytes
        push()
    }

    var unsentCount: Int { unsent.count }

    func stopReading() {
        isReading = false
        update()
    }

    func goOnReading() {
        isReading = true
        update()
    }

    /// Goes away without a word.
    func disconnect() {
        guard !isDisconnected else { return }
        isDisconnected = true
        loop.unwatch(descriptor)
        close(descriptor)
        isClosed = true
    }

    func closeSendingSide() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    private func ready(_ readiness: EventLoop.Readiness) {
        if readiness.writable, !unsent.isEmpty { push() }
        guard isReading || readiness.failed, readiness.readable || readiness.peerClosed || readiness.failed
        else {
            return
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 {
            received += buffer[..<count]
            oracle.feed(Array(buffer[..<count]))
        } else if count == 0 || linux_errno() != EAGAIN {
            if !isClosed { oracle.finish() }
            isClosed = true
            // A client that still has something to say says it, and closes then.
            if unsent.isEmpty || count < 0 { disconnect() } else { stopReading() }
        }
    }

    private func push() {
        guard !isDisconnected, !unsent.isEmpty else { return }
        let count = Glibc.send(descriptor, unsent, unsent.count, Int32(MSG_NOSIGNAL))
        if count > 0 {
            unsent.removeFirst(count)
            sentCount += count
        } else if linux_errno() != EAGAIN {
            isClosed = true
            return disconnect()
        }
        update()
    }

    private func update() {
        var interest: EventLoop.Interest = isReading ? .read : []
        if !unsent.isEmpty { interest.insert(.write) }
        loop.change(descriptor, to: interest)
    }
}
