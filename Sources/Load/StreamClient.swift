internal import Contract
internal import Glibc

/// One request on a connection of its own, and the reply as it comes.
final class StreamClient {
    /// More than any reply to a bounded request; a server that sends more than that is at fault.
    private static let bodyByteLimit = 64 << 20

    private let socket: LoadSocket
    private var reader = ReplyReader(keeping: bodyByteLimit)
    private var unsent: ArraySlice<UInt8>
    private(set) var reply: StreamReply

    /// Connects, and sends what the system takes at once.
    init(_ request: LoadRequest, to address: LoadAddress, at now: Instant) throws(LoadFault) {
        socket = try LoadSocket(address)
        unsent = request.bytes[...]
        reply = StreamReply(sentAt: now)
        try send()
    }

    var descriptor: Int32 { socket.descriptor }
    var hasMoreToSend: Bool { !unsent.isEmpty }

    func send() throws(LoadFault) {
        let count = try socket.send(unsent)
        unsent = unsent.dropFirst(count)
    }

    /// Takes what came; true when the reply is complete.
    func receive(through buffer: inout [UInt8], at now: () -> Instant) throws(LoadFault) -> Bool {
        let count = try socket.receive(into: &buffer)
        do throws(ReplyFault) {
            try reader.feed(buffer.span.extracting(first: count))
        } catch {
            throw .unreadable(error)
        }
        let arrived = reader.bodyByteCount
        if arrived > reply.arrivals.last?.byteCount ?? 0 {
            reply.arrivals.append(StreamReply.Arrival(at: now(), byteCount: arrived))
        }
        guard reader.isComplete else { return false }
        if reader.status != 200 {
            let beginning = reader.keptBody.prefix(1024)
            throw .status(reader.status, body: String(decoding: beginning, as: UTF8.self))
        }
        return true
    }

    func end(at now: Instant, fault: LoadFault?) -> StreamReply {
        reply.endedAt = now
        reply.fault = fault
        reply.body = reader.keptBody
        return reply
    }
}
