internal import Contract
internal import Glibc

/// One client: sends a request, follows the reply, and notes when.
final class LoadConnection {
    private let socket: LoadSocket
    private var reader: ReplyReader
    private(set) var sentAt = Instant.zero
    /// When the first of the body came.
    private(set) var firstByteAt: Instant?

    init(_ socket: consuming LoadSocket, keeping keptByteLimit: Int = 256) {
        self.socket = socket
        reader = ReplyReader(keeping: keptByteLimit)
    }

    var descriptor: Int32 { socket.descriptor }
    var isComplete: Bool { reader.isComplete }
    var keptBody: [UInt8] { reader.keptBody }

    func send(_ request: LoadRequest, at now: Instant) throws(LoadFault) {
        reader.reset()
        firstByteAt = nil
        sentAt = now
        // A request is small and its connection idle, so that the system always has room for it.
        let count = try socket.send(request.bytes[...])
        guard count == request.bytes.count else { throw .cutShort(taken: count, of: request.bytes.count) }
    }

    /// Takes what came.
    func receive(through buffer: inout [UInt8], _ now: () -> Instant) throws(LoadFault) {
        let count = try socket.receive(into: &buffer)
        do throws(ReplyFault) {
            try reader.feed(buffer.span.extracting(first: count))
        } catch {
            throw .unreadable(error)
        }
        if firstByteAt == nil, reader.bodyByteCount > 0 { firstByteAt = now() }
        guard reader.isComplete, reader.status != 200 else { return }
        throw .status(reader.status, body: String(decoding: reader.keptBody, as: UTF8.self))
    }
}
