import EventLoop
import Http
import Testing

@Suite struct `An HTTP server` {
    @Test func `answers requests one after the other on the same connection`() throws {
        let rig = try TestServer.echo()
        let client = try rig.client()
        for index in 0..<3 {
            let reply = try rig.exchange(client, "GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(reply.status == 200)
            #expect(reply.text == "GET /\(index) ")
            #expect(reply.keepsAlive)
            #expect(reply.value("date")?.hasSuffix(" GMT") == true)
        }
        #expect(rig.server.counters.acceptedCount == 1)
        #expect(rig.server.counters.requestCount == 3)
        #expect(rig.server.counters.receivedBytes == 3 * 28)
        #expect(rig.server.counters.sentBytes == client.received.count)
    }

    @Test func `answers a pipeline strictly in order, one request at a time`() throws {
        var waiting: [(String, Responder)] = []
        let rig = try TestServer(service: HttpService { waiting.append(($0.path, $1)) })
        let client = try rig.client()
        client.send((1...3).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        for index in 1...3 {
            try rig.turn(until: { !waiting.isEmpty })
            rig.settle()
            try #require(waiting.count == 1)
            let (path, responder) = waiting.removeFirst()
            #expect(path == "/\(index)")
            responder.send(status: 200, body: Array(path.utf8))
        }
        try rig.turn(until: { client.replies.count == 3 })
        #expect(client.replies.map(\.text) == ["/1", "/2", "/3"])
    }

    @Test func `answers a long pipeline that came in one piece without deep recursion`() throws {
        let rig = try TestServer.echo()
        let client = try rig.client()
        client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 4000))
        try rig.turn(until: { client.replies.count == 4000 })
    }

    @Test func `takes bodies of a stated length and in chunks`() throws {
        let rig = try TestServer.echo()
        let client = try rig.client()
        let plain = try rig.exchange(client, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        #expect(plain.text == "POST /a hello")
        client.send("POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
        rig.settle()
        let chunked = try rig.exchange(client, "lo\r\n6\r\n world\r\n0\r\n\r\n")
        #expect(chunked.text == "POST /b hello world")
    }

    @Test func `takes a body of many megabytes`() throws {
        let rig = try TestServer(
            service: HttpService { $1.send(status: 200, body: Array("\($0.body.count)".utf8)) }
        )
        let client = try rig.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n")
        client.send([UInt8](repeating: 7, count: 8_000_000))
        try rig.turn(until: { client.replies.count == 1 })
        #expect(client.replies[0].text == "8000000")
    }

    @Test func `sends a HEAD reply without its body, and goes on`() throws {
        let rig = try TestServer.echo()
        let client = try rig.client()
        client.expectNoBodies()
        let reply = try rig.exchange(client, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(reply.value("content-length") == "8")
        #expect(client.text.hasSuffix("\r\n\r\n"))
        _ = try rig.exchange(client, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    @Test func `announces no body where there is none`() throws {
        let rig = try TestServer(service: HttpService { $1.send(status: 204, body: [1, 2, 3]) })
        let client = try rig.client()
        let reply = try rig.exchange(client, "DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(reply.value("content-length") == nil)
        #expect(client.text.hasSuffix("\r\n\r\n"))
    }

    @Test func `closes when the client says so, after the reply`() throws {
        let rig = try TestServer.echo()
        for text in ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"] {
            let client = try rig.client()
            let reply = try rig.exchange(client, text)
            #expect(reply.value("connection") == "close")
            try rig.turn(until: { client.isClosed })
        }
    }

    @Test func `keeps an HTTP/1.0 connection that asks for it`() throws {
        let rig = try TestServer.echo()
        let client = try rig.client()
        for _ in 0..<2 {
            let reply = try rig.exchange(client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(reply.value("connection") == "keep-alive")
        }
    }

    @Test func `tells a handler's values apart from fields, and keeps framing to itself`() throws {
        let rig = try TestServer(
            service: HttpService { request, responder in
                var headers: ReplyHeaders = ["Content-Length": "99", "connection": "close", "Date": "now"]
                headers.append("x-echo", "a\r\nSet-Cookie: b\0c")
                responder.send(status: 200, headers: headers, body: [])
            }
        )
        let client = try rig.client()
        let reply = try rig.exchange(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(reply.value("x-echo") == "a  Set-Cookie: b c")
        #expect(reply.value("set-cookie") == nil)
        #expect(reply.value("connection") == nil)
        #expect(reply.fields.count == 3)
    }

    @Test(arguments: ["127.0.0.1", "0.0.0.0", "::", "localhost"])
    func `says where a request came from`(host: String) throws {
        var peers: [String] = []
        let rig = try TestServer(
            host: host,
            service: HttpService {
                peers.append($0.peer)
                $1.send(status: 204)
            }
        )
        _ = try rig.exchange(try rig.client(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(peers.count == 1)
        #expect(peers[0].hasPrefix("127.0.0.1:"))
    }

    @Test func `says clearly that an address is in use`() throws {
        let rig = try TestServer.echo()
        let address = ListenAddress(host: "127.0.0.1", port: rig.server.port)
        let error = #expect(throws: ListenError.self) {
            try HttpServer(loop: rig.loop, address: address, service: HttpService { _, _ in })
        }
        #expect(error?.description == "cannot listen on \(address): bind: Address already in use")
    }

    @Test func `shares a port with another server if both say so`() throws {
        let loop = try EventLoop()
        let service = HttpService { $1.send(status: 204) }
        let any = ListenAddress(host: "::1", port: 0, isShared: true)
        let first = try HttpServer(loop: loop, address: any, service: service)
        let same = ListenAddress(host: "::1", port: first.port, isShared: true)
        let second = try HttpServer(loop: loop, address: same, service: service)
        #expect(second.port == first.port)
        #expect("\(same)" == "[::1]:\(first.port)")
        first.close()
        second.close()
    }
}
