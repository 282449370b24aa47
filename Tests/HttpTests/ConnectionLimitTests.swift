import EventLoop
import Glibc
import Http
import Testing

/// Limits are made tiny here, so that waiting for them is not waiting.
@Suite struct `A connection` {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Only the limit under test is short: the others must not run out on a busy machine.
    private func hasty(_ limit: WritableKeyPath<HttpLimits, Duration>) -> HttpLimits {
        var limits = HttpLimits()
        limits[keyPath: limit] = .milliseconds(50)
        return limits
    }

    @Test func `that never says anything is closed without a word`() throws {
        let rig = try TestServer.echo(limits: hasty(\.headTime))
        let client = try rig.client()
        try rig.turn(until: { client.isClosed })
        #expect(client.received.isEmpty)
        #expect(rig.server.counters.closings == [.headTimeout: 1])
    }

    @Test func `that does not finish its head is told so`() throws {
        let rig = try TestServer.echo(limits: hasty(\.headTime))
        let client = try rig.client()
        client.send("GET / HTTP/1.1\r\nHost:")
        try rig.turn(until: { client.isClosed })
        #expect(client.replies.map(\.status) == [408])
        #expect(rig.server.counters.closings[.headTimeout] == 1)
        #expect(rig.server.counters.faults == [408: 1])
    }

    @Test func `whose body comes too slowly is told so`() throws {
        let rig = try TestServer.echo(limits: hasty(\.bodyWindow))
        let client = try rig.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
        try rig.turn(until: { client.isClosed })
        #expect(client.replies.map(\.status) == [408])
        #expect(rig.server.counters.closings[.bodyTimeout] == 1)
    }

    @Test func `that asks for nothing more is closed`() throws {
        let rig = try TestServer.echo(limits: hasty(\.idleTime))
        let client = try rig.client()
        _ = try rig.exchange(client, Self.get)
        try rig.turn(until: { client.isClosed })
        #expect(rig.server.counters.closings == [.idleTimeout: 1])
    }

    @Test func `that takes nothing of its reply is closed, and the handler told`() throws {
        var isClosed = false
        var kept: Responder?
        let rig = try TestServer(
            limits: hasty(\.stallTime),
            service: HttpService {
                $1.onClose = { isClosed = true }
                kept = $1
                $1.startStream(status: 200)
                $1.write([UInt8](repeating: 1, count: 3_900_000))
            }
        )
        let client = try rig.client(receiveBytes: 8192)
        client.stopReading()
        client.send(Self.get)
        try rig.turn(until: { isClosed })
        #expect(kept?.isOpen == false)
        #expect(rig.server.counters.closings == [.writeStall: 1])
    }

    @Test func `that stays after its last reply is closed`() throws {
        let rig = try TestServer.echo(limits: hasty(\.lingerTime))
        let client = try rig.client()
        client.stopReading()
        client.send("nonsense\r\n\r\n")
        try rig.turn(until: { rig.server.counters.acceptedCount == 1 })
        try rig.turn(until: { rig.server.counters.openConnectionCount == 0 })
        #expect(rig.server.counters.closings == [.lingerTimeout: 1])
    }

    @Test func `too many is told so, and makes room for others when it ends`() throws {
        var limits = HttpLimits()
        limits.connectionCount = 2
        let rig = try TestServer.echo(limits: limits)
        let first = try rig.client()
        let second = try rig.client()
        _ = try rig.exchange(first, Self.get)
        _ = try rig.exchange(second, Self.get)
        let third = try rig.client()
        try rig.turn(until: { third.isClosed })
        #expect(third.replies.map(\.status) == [503])
        #expect(rig.server.counters.closings == [.connectionLimit: 1])
        first.disconnect()
        try rig.turn(until: { rig.server.counters.openConnectionCount == 1 })
        #expect(try rig.exchange(try rig.client(), Self.get).status == 200)
    }

    @Test func `that sends nonsense disturbs nobody`() throws {
        let rig = try TestServer.echo()
        let steady = try rig.client()
        let nonsense = `A request parser refuses`.all
        for round in 0..<1000 {
            let client = try rig.client()
            client.send(nonsense[round % nonsense.count].text + "\r\n\r\n\0\r\n")
            try rig.turn(until: { client.isClosed })
            if round % 10 == 0 { #expect(try rig.exchange(steady, Self.get).status == 200) }
        }
        try rig.turn(until: { rig.server.counters.openConnectionCount == 1 })
        #expect(rig.server.counters.faults.values.reduce(0, +) == 1000)
        #expect(rig.server.counters.acceptedCount == 1001)
    }
}
