import Http
import Testing

@Suite struct `Admission` {
    /// Takes bodies of 10 bytes at most, and none at all without a key.
    private func rig() throws -> TestServer {
        var service = HttpService { $1.send(status: 200, body: $0.body) }
        service.admit = { head in
            head.headers["authorization"] == nil
                ? .refuse(Reply(status: 401, body: Array("no key".utf8)))
                : .accept(bodyByteLimit: 10)
        }
        return try TestServer(service: service)
    }

    private let head = "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: k\r\n"

    @Test func `lets a client that waits send its body`() throws {
        let rig = try rig()
        let client = try rig.client()
        client.send(head + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        try rig.turn(until: { client.interimCount == 1 })
        #expect(client.text == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(try rig.exchange(client, "hello").text == "hello")
    }

    @Test func `does not ask for a body that is already there`() throws {
        let rig = try rig()
        let client = try rig.client()
        let reply = try rig.exchange(client, head + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
        #expect(reply.text == "hello")
        #expect(client.interimCount == 0)
    }

    @Test func `refuses before the body is sent`() throws {
        let rig = try rig()
        let client = try rig.client()
        let text = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        let reply = try rig.exchange(client, text)
        #expect(reply.status == 401)
        #expect(reply.text == "no key")
        #expect(client.interimCount == 0)
        try rig.turn(until: { client.isClosed })
        #expect(rig.server.counters.requestCount == 0)
        #expect(rig.server.counters.faults == [401: 1])
    }

    @Test func `refuses a body over the limit of its route, announced or not`() throws {
        let rig = try rig()
        for rest in [
            "Content-Length: 11\r\n\r\n", "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n",
        ] {
            let client = try rig.client()
            let reply = try rig.exchange(client, head + rest)
            #expect(reply.status == 413)
            #expect(reply.text == "the body is longer than 10 bytes\n")
            #expect(client.interimCount == 0)
            try rig.turn(until: { client.isClosed })
        }
    }

    @Test func `gives the head of a refused body to whoever words the refusal`() throws {
        var service = HttpService { $1.send(status: 200) }
        service.admit = { _ in .accept(bodyByteLimit: 10) }
        service.render = { fault, head in
            Reply(status: fault.status, body: Array((head?.path ?? "no head").utf8))
        }
        let rig = try TestServer(service: service)
        for rest in ["Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nno size\r\n"] {
            #expect(try rig.exchange(try rig.client(), "POST /a HTTP/1.1\r\nHost: a\r\n" + rest).text == "/a")
        }
        #expect(try rig.exchange(try rig.client(), "nonsense\r\n").text == "no head")
    }

    @Test func `lets a client that goes on sending read why it was refused`() throws {
        let rig = try rig()
        let client = try rig.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n")
        client.send([UInt8](repeating: 1, count: 5_000_000))
        try rig.turn(until: { client.replies.count == 1 && client.unsentCount == 0 })
        #expect(client.replies[0].status == 401)
        client.disconnect()
        try rig.turn(until: { rig.server.counters.openConnectionCount == 0 })
    }

    @Test func `refuses what cannot be met`() throws {
        let rig = try rig()
        let client = try rig.client()
        #expect(try rig.exchange(client, head + "Expect: a miracle\r\n\r\n").status == 417)
    }

    @Test func `bounds what all unfinished bodies take up together`() throws {
        var limits = HttpLimits()
        limits.collectingBytes = 100_000
        let rig = try TestServer.echo(limits: limits)
        let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"
        let first = try rig.client()
        first.send(text)
        first.send([UInt8](repeating: 1, count: 60_000))
        try rig.turn(until: { rig.server.counters.receivedBytes == 60_000 + text.utf8.count })
        let second = try rig.client()
        second.send(text)
        second.send([UInt8](repeating: 1, count: 60_000))
        try rig.turn(until: { second.replies.count == 1 })
        #expect(second.replies[0].status == 503)
        first.send([UInt8](repeating: 1, count: 10_000))
        try rig.turn(until: { first.replies.count == 1 })
        #expect(first.replies[0].status == 200)
    }
}
