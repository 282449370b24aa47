import EventLoop
import Http
import Testing

@Suite struct `A responder` {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A server whose handler only keeps its responders, and counts those whose client left.
    private final class Kept {
        var responders: [Responder] = []
        var closedCount = 0

        func rig(limits: HttpLimits = HttpLimits()) throws -> TestServer {
            try TestServer(
                limits: limits,
                service: HttpService { [self] _, responder in
                    responder.onClose = { [self] in closedCount += 1 }
                    responders.append(responder)
                }
            )
        }
    }

    @Test func `streams in chunks, those of one turn in one piece`() throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        let responder = kept.responders[0]
        responder.startStream(status: 200, headers: ["content-type": "text/event-stream"])
        responder.write(Array("one".utf8))
        responder.write([])
        responder.write(Array("two".utf8))
        // Nothing leaves before the turn ends.
        #expect(responder.pendingBytes > 0)
        #expect(rig.server.counters.sentBytes == 0)
        try rig.turn(until: { client.text.hasSuffix("3\r\none\r\n3\r\ntwo\r\n") })
        #expect(responder.pendingBytes == 0)
        responder.write(Array("three".utf8))
        responder.end()
        try rig.turn(until: { client.replies.count == 1 })
        #expect(client.replies[0].text == "onetwothree")
        #expect(client.replies[0].value("transfer-encoding") == "chunked")
        #expect(client.replies[0].value("content-type") == "text/event-stream")
        // The connection goes on.
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 2 })
        #expect(kept.closedCount == 0)
    }

    @Test func `streams to an HTTP/1.0 client until the connection ends`() throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client()
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        try rig.turn(until: { kept.responders.count == 1 })
        kept.responders[0].startStream(status: 200)
        kept.responders[0].write(Array("one".utf8))
        kept.responders[0].end()
        try rig.turn(until: { client.isClosed })
        #expect(client.replies.map(\.text) == ["one"])
        #expect(client.replies[0].value("transfer-encoding") == nil)
        #expect(client.replies[0].value("connection") == "close")
    }

    @Test(arguments: [false, true])
    func `hears once that the client left, before or during the reply`(isStreaming: Bool) throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        let responder = kept.responders[0]
        if isStreaming {
            responder.startStream(status: 200)
            #expect(rig.server.counters.openStreamCount == 1)
        }
        rig.settle()
        client.disconnect()
        try rig.turn(until: { kept.closedCount > 0 })
        #expect(!responder.isOpen)
        // Too late, and harmless.
        responder.startStream(status: 200)
        responder.write([1])
        responder.end()
        responder.send(status: 200)
        rig.settle()
        #expect(kept.closedCount == 1)
        #expect(rig.server.counters.openConnectionCount == 0)
        #expect(rig.server.counters.openStreamCount == 0)
        #expect(rig.server.counters.abandonedCount == 1)
    }

    @Test func `takes a client that stops sending for one that left`() throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        client.closeSendingSide()
        try rig.turn(until: { kept.closedCount == 1 })
    }

    @Test func `answers at once what a client asked before it stopped sending`() throws {
        let rig = try TestServer.echo()
        let client = try rig.client()
        client.send(Self.get)
        client.closeSendingSide()
        try rig.turn(until: { client.isClosed })
        #expect(client.replies.map(\.text) == ["GET / "])
        #expect(rig.server.counters.openConnectionCount == 0)
    }

    @Test func `hears nothing of a client that leaves after the reply`() throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        kept.responders[0].send(status: 200)
        client.disconnect()
        try rig.turn(until: { rig.server.counters.openConnectionCount == 0 })
        #expect(kept.closedCount == 0)
        #expect(rig.server.counters.abandonedCount == 0)
    }

    @Test func `sees a client leave that flooded it first, and takes in none of the flood`() throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        kept.responders[0].startStream(status: 200)
        client.send([UInt8](repeating: 0x41, count: 40_000_000))
        let sentCount = client.sentCount
        rig.settle()
        // What the kernel's buffers hold, and no more: the flood stands still, and nobody is woken by it.
        #expect(client.unsentCount > 0)
        #expect(client.sentCount < sentCount + 10_000_000)
        #expect(rig.server.counters.receivedBytes == Self.get.utf8.count)
        client.disconnect()
        // The end of the flood lies behind the flood, so it is the next write that meets it.
        try rig.turn(until: {
            kept.responders[0].write([1])
            return kept.closedCount == 1
        })
    }

    @Test func `says when its reader is behind, and when it has caught up`() throws {
        var limits = HttpLimits()
        limits.highWaterBytes = 100_000
        limits.lowWaterBytes = 10_000
        limits.pendingBytes = 50_000_000
        let kept = Kept()
        let rig = try kept.rig(limits: limits)
        let client = try rig.client(receiveBytes: 8192)
        client.stopReading()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        let responder = kept.responders[0]
        var isDrained = false
        responder.onDrain = { isDrained = true }
        responder.startStream(status: 200)
        let piece = [UInt8](repeating: 0x41, count: 50_000)
        while responder.write(piece) { rig.loop.turn(wait: .zero) }
        #expect(responder.pendingBytes > limits.highWaterBytes)
        #expect(!isDrained)
        client.goOnReading()
        try rig.turn(until: { isDrained })
        #expect(responder.pendingBytes <= limits.lowWaterBytes)
        #expect(responder.write(piece))
        responder.end()
        try rig.turn(until: { client.replies.count == 1 })
        #expect(client.replies[0].body.count % piece.count == 0)
        #expect(kept.closedCount == 0)
    }

    @Test func `is cut off when its reader is hopelessly behind, and others are not`() throws {
        var limits = HttpLimits()
        limits.pendingBytes = 200_000
        let kept = Kept()
        let rig = try kept.rig(limits: limits)
        let slow = try rig.client(receiveBytes: 8192)
        slow.stopReading()
        slow.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        let responder = kept.responders[0]
        responder.startStream(status: 200)
        let piece = [UInt8](repeating: 0x41, count: 10_000)
        var highest = 0
        try rig.turn(until: {
            responder.write(piece)
            highest = max(highest, responder.pendingBytes)
            return kept.closedCount == 1
        })
        #expect(highest <= limits.pendingBytes + piece.count + 20)
        #expect(!responder.isOpen)
        #expect(rig.server.counters.closings == [.pendingLimit: 1])
        let other = try rig.client()
        other.send(Self.get)
        try rig.turn(until: { kept.responders.count == 2 })
        kept.responders[1].send(status: 200, body: piece)
        try rig.turn(until: { other.replies.count == 1 })
    }

    @Test func `keeps no more for a reader that is to be cut off, even within one turn`() throws {
        var limits = HttpLimits()
        limits.pendingBytes = 100_000
        let kept = Kept()
        let rig = try kept.rig(limits: limits)
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        let responder = kept.responders[0]
        responder.startStream(status: 200)
        for _ in 0..<1000 { responder.write([UInt8](repeating: 0x41, count: 10_000)) }
        #expect(responder.pendingBytes < limits.pendingBytes + 11_000)
        responder.end()
        try rig.turn(until: { client.isClosed })
        // What came must not look complete.
        #expect(client.replies.isEmpty)
        #expect(kept.closedCount == 0)
    }

    @Test func `may send a whole reply of any size to a slow reader`() throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client(receiveBytes: 8192)
        client.stopReading()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        let body = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
        kept.responders[0].send(status: 200, body: body)
        rig.settle()
        client.goOnReading()
        try rig.turn(until: { client.replies.count == 1 })
        #expect(client.replies[0].body == body)
    }

    @Test func `that is let go unanswered says so to the client`() throws {
        let rig = try TestServer(service: HttpService { _, _ in })
        let client = try rig.client()
        #expect(try rig.exchange(client, Self.get).status == 500)
        try rig.turn(until: { client.isClosed })
    }

    @Test func `that is let go in mid-stream leaves no complete reply behind`() throws {
        let rig = try TestServer(
            service: HttpService {
                $1.startStream(status: 200)
                $1.write([1, 2, 3])
            }
        )
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { client.isClosed })
        #expect(client.replies.isEmpty)
        #expect(rig.server.counters.closings == [.unfinished: 1])
    }

    @Test func `can break off a reply`() throws {
        let kept = Kept()
        let rig = try kept.rig()
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { kept.responders.count == 1 })
        kept.responders[0].startStream(status: 200)
        kept.responders[0].abort()
        try rig.turn(until: { client.isClosed })
        #expect(client.replies.isEmpty)
        #expect(kept.closedCount == 0)
    }
}
