import EventLoop
import Http
import Testing

@Suite struct `Draining` {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `ends idle connections at once and running replies in their own time`() throws {
        var waiting: [Responder] = []
        var isIdle = false
        let rig = try TestServer(service: HttpService { waiting.append($1) })
        let idle = try rig.client()
        let whole = try rig.client()
        let stream = try rig.client()
        let half = try rig.client()
        whole.send(Self.get)
        stream.send(Self.get)
        try rig.turn(until: { waiting.count == 2 })
        waiting[1].startStream(status: 200)
        half.send("GET / HTTP/1.1\r\n")
        try rig.turn(until: { rig.server.counters.receivedBytes == 2 * Self.get.utf8.count + 16 })

        rig.server.drain { isIdle = true }
        try rig.turn(until: { idle.isClosed })
        #expect(throws: EventLoop.SystemError.self) { try rig.client() }

        waiting[0].send(status: 200, body: [1])
        try rig.turn(until: { whole.isClosed })
        #expect(whole.replies.map { $0.value("connection") } == ["close"])

        half.send("Host: a\r\n\r\n")
        try rig.turn(until: { waiting.count == 3 })
        waiting[2].send(status: 200)
        try rig.turn(until: { half.isClosed })
        #expect(half.replies.map { $0.value("connection") } == ["close"])

        #expect(!isIdle)
        waiting[1].write([2])
        waiting[1].end()
        try rig.turn(until: { stream.isClosed })
        #expect(stream.replies.map(\.body) == [[2]])
        try rig.turn(until: { isIdle })
        #expect(rig.server.counters.openConnectionCount == 0)
    }

    @Test func `serves on in its last moments, and has every client take another connection`() throws {
        let rig = try TestServer.echo()
        let kept = try rig.client()
        kept.send(Self.get)
        try rig.turn(until: { kept.replies.count == 1 })
        rig.server.endConnections()
        let newcomer = try rig.client()
        for client in [kept, newcomer] { client.send(Self.get) }
        try rig.turn(until: { kept.isClosed && newcomer.isClosed })
        #expect(kept.replies.map { $0.value("connection") } == [nil, "close"])
        #expect(newcomer.replies.map { $0.value("connection") } == ["close"])
    }

    @Test func `serves whoever has connected before it begins`() throws {
        let rig = try TestServer.echo()
        var isIdle = false
        let waiting = try rig.client()
        rig.server.drain { isIdle = true }
        waiting.send(Self.get)
        try rig.turn(until: { waiting.isClosed })
        #expect(waiting.replies.map { $0.value("connection") } == ["close"])
        try rig.turn(until: { isIdle })
    }

    @Test func `is over at once when there is nothing to wait for`() throws {
        let rig = try TestServer.echo()
        var count = 0
        rig.server.drain { count += 1 }
        rig.server.drain { count += 1 }
        try rig.turn(until: { count > 0 })
        rig.settle()
        #expect(count == 1)
    }

    @Test func `can be cut short, and then tells the handlers`() throws {
        var closedCount = 0
        var waiting: [Responder] = []
        var isIdle = false
        let rig = try TestServer(
            service: HttpService {
                $1.onClose = { closedCount += 1 }
                waiting.append($1)
            }
        )
        let client = try rig.client()
        client.send(Self.get)
        try rig.turn(until: { waiting.count == 1 })
        rig.server.drain { isIdle = true }
        rig.server.close()
        #expect(closedCount == 1)
        try rig.turn(until: { isIdle && client.isClosed })
    }

    @Test func `waits for the last bytes of replies that have ended`() throws {
        let body = [UInt8](repeating: 7, count: 6_000_000)
        var isIdle = false
        var requestCount = 0
        let rig = try TestServer(
            service: HttpService {
                requestCount += 1
                $1.send(status: 200, body: body)
            }
        )
        let client = try rig.client(receiveBytes: 8192)
        client.stopReading()
        client.send(Self.get)
        try rig.turn(until: { requestCount == 1 })
        rig.settle()
        rig.server.drain { isIdle = true }
        client.goOnReading()
        try rig.turn(until: { isIdle && client.isClosed })
        #expect(client.replies.map(\.body) == [body])
    }

    @Test func `leaves nothing behind`() throws {
        weak var server: HttpServer?
        weak var kept: Responder?
        let loop = try EventLoop()
        do {
            let address = ListenAddress(host: "127.0.0.1", port: 0)
            var waiting: [Responder] = []
            let service = HttpService { _, responder in
                // A circle, as a handler easily makes one.
                responder.onClose = { _ = responder.isOpen }
                kept = responder
                waiting.append(responder)
            }
            let started = try HttpServer(loop: loop, address: address, service: service)
            server = started
            let client = try TestClient(loop, port: started.port)
            client.send(Self.get)
            while waiting.isEmpty { loop.turn(wait: nil) }
            waiting = []
            #expect(kept != nil)
            started.close()
            client.disconnect()
        }
        loop.turn(wait: .zero)
        #expect(kept == nil)
        #expect(server == nil)
    }
}
