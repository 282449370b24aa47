import CZeroMQ
import Contract
import EventLoop
import Messaging
import TestSupport
import Testing
import Wire

@Suite struct `A hostile peer` {
    @Test func `cannot make anybody else's frames go wrong, 10,000 times`() throws {
        let harbour = try Harbour()
        var gauge = MalformedGauge()
        var rejectedCount = 0
        var acceptedCount = 0
        weak var weakListener: Listener?
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(.ipc),
            .tokens,
            Listener.Handlers { peer, bytes in
                do {
                    guard case .envelope(let envelope) = try FrameCodec.decode(bytes) else { return }
                    acceptedCount += 1
                    _ = weakListener?.send(try FrameCodec.encode(envelope), to: peer)
                } catch {
                    rejectedCount += 1
                    // Only counted here: a dropped peer would send the rest for nothing.
                    _ = gauge.count(peer, at: harbour.loop.now)
                }
            }
        )
        weakListener = listener
        let friendLog = Log()
        let friend = try harbour.dial(listener.endpoint, as: "friend", friendLog)
        let enemy = try harbour.dial(listener.endpoint, as: "enemy", Log())
        try harbour.turn(until: { friend.isConnected && enemy.isConnected })
        var random = SplitMix64(seed: 17)
        let good = try FrameCodec.encode(envelope(0))
        for round in 0..<10_000 {
            var bad = good
            bad[Int.random(in: 0..<bad.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            if round % 3 == 0 { bad = Array(bad[..<Int.random(in: 1..<bad.count, using: &random)]) }
            _ = enemy.send(bad)
            if round % 100 == 0 {
                #expect(friend.send(try FrameCodec.encode(envelope(round))) == .queued)
                harbour.loop.turn(wait: .zero)
            }
        }
        try harbour.turn(until: { rejectedCount == 10_000 && friendLog.frames.count == 100 })
        #expect(acceptedCount == 100)
        for (index, frame) in friendLog.frames.enumerated() {
            #expect(try FrameCodec.decode(frame) == .envelope(envelope(index * 100)))
        }
    }

    @Test func `is ignored for a while when its time is up`() throws {
        let harbour = try Harbour()
        let log = Log()
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(.inproc),
            .tokens,
            log.listenerHandlers
        )
        let enemy = try harbour.dial(listener.endpoint, as: "enemy", Log())
        let friend = try harbour.dial(listener.endpoint, as: "friend", Log())
        listener.drop(NodeID("enemy"), for: .seconds(60))
        for _ in 0..<100 { _ = enemy.send([1]) }
        try harbour.turn(until: {
            _ = friend.send([2])
            return log.frames.count > 5
        })
        #expect(Set(log.senders) == [NodeID("friend")])
        listener.drop(NodeID("enemy"), for: .zero)
        _ = enemy.send([3])
        try harbour.turn(until: { log.senders.contains(NodeID("enemy")) })
    }

    @Test func `that sends several parts or none is reported, and nothing of it delivered`() throws {
        let harbour = try Harbour()
        let log = Log()
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(.tcp),
            .tokens,
            log.listenerHandlers
        )
        let enemy = RawSocket(ZMQ_DEALER, name: Array("enemy".utf8))
        #expect(enemy.connect(listener.endpoint.description))
        enemy.send([[1], [2], [3], [4], [5]])
        enemy.send([[]])
        enemy.send([[], [1]])
        enemy.send([[1], []])
        enemy.send([[9]])
        try harbour.turn(until: { !log.frames.isEmpty })
        #expect(log.frames == [[9]])
        #expect(log.malformed == [NodeID](repeating: NodeID("enemy"), count: 4))
    }

    @Test func `without a proper name is ignored and counted`() throws {
        let harbour = try Harbour()
        let log = Log()
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(.tcp),
            .tokens,
            log.listenerHandlers
        )
        let names: [[UInt8]?] = [
            nil, [0xFF, 0xFE], Array("a b".utf8), [UInt8](repeating: 0x61, count: 65),
            [UInt8](repeating: 0x61, count: 255),
            Array("ü".utf8), [0x61, 0],
        ]
        let strangers = names.map { RawSocket(ZMQ_DEALER, name: $0) }
        for stranger in strangers {
            #expect(stranger.connect(listener.endpoint.description))
            stranger.send([[1], [2]])
            stranger.send([[1]])
        }
        try harbour.turn(until: { listener.strangerFrameCount == UInt64(names.count * 2) })
        #expect(log.frames.isEmpty)
        #expect(log.malformed.isEmpty)
    }

    @Test func `that sends a frame over the limit loses its connection, and nobody else does`() throws {
        let harbour = try Harbour()
        let listener = try harbour.echo(at: try harbour.endpoint(.tcp))
        let (enemyLog, friendLog) = (Log(), Log())
        let enemy = try harbour.dial(listener.endpoint, as: "enemy", enemyLog)
        let friend = try harbour.dial(listener.endpoint, as: "friend", friendLog)
        try harbour.turn(until: { enemy.isConnected && friend.isConnected })
        #expect(enemy.send([UInt8](repeating: 1, count: (1 << 20) + 1)) == .queued)
        #expect(friend.send([UInt8](repeating: 2, count: 1 << 20)) == .queued)
        try harbour.turn(until: { enemyLog.lostCount == 1 && friendLog.frames.count == 1 })
        #expect(friendLog.frames[0].count == 1 << 20)
        #expect(friendLog.lostCount == 0)
        try harbour.turn(until: { enemyLog.connectedCount == 2 })
        #expect(enemyLog.frames.isEmpty)
    }

    @Test func `that does not speak ZeroMQ disturbs nobody`() throws {
        let harbour = try Harbour()
        let listener = try harbour.echo(at: try harbour.endpoint(.tcp))
        let stranger = RawSocket(ZMQ_STREAM)
        #expect(stranger.connect(listener.endpoint.description))
        let log = Log()
        let friend = try harbour.dial(listener.endpoint, as: "friend", log)
        var connection: [UInt8]?
        try harbour.turn(until: {
            connection = connection ?? stranger.receive()
            return connection != nil
        })
        var random = SplitMix64(seed: 23)
        for _ in 0..<50 {
            let noise = (0..<1000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            stranger.send([try #require(connection), noise])
        }
        #expect(friend.send([7]) == .queued)
        try harbour.turn(until: { log.frames == [[7]] })
    }

    private func envelope(_ number: Int) -> Envelope {
        let job = JobID(high: 1, low: UInt64(number))
        let record = TokenRecord(job: job, attempt: .first, position: 0, ids: [1, 2, 3], text: "abc")
        return Envelope(
            header: LinkHeader(epoch: BootEpoch(rawValue: 5), sequence: UInt64(number)),
            message: .tokens([record])
        )
    }
}
