import Contract
import EventLoop
import Messaging
import Testing

@Suite struct `A listener` {
    @Test(arguments: LinkTransports.all)
    func `finds out that a peer has gone`(transport: Endpoint.Transport) throws {
        let harbour = try Harbour()
        let log = Log()
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(transport),
            .tokens,
            log.listenerHandlers
        )
        #expect(listener.send([1], to: NodeID("edge-1")) == .unreachable)
        let dialer = try harbour.dial(listener.endpoint, as: "edge-1", Log())
        #expect(dialer.send([1]) == .queued)
        try harbour.turn(until: { log.senders == [NodeID("edge-1")] })
        #expect(listener.send([1], to: NodeID("edge-1")) == .queued)
        dialer.close()
        var result = SendResult.queued
        try harbour.turn(until: {
            result = listener.send([2], to: NodeID("edge-1"))
            return result != .queued
        })
        #expect(result == .unreachable)
    }

    @Test(arguments: [Endpoint.Transport.ipc, .tcp])
    func `gives a name to the newest connection that claims it`(transport: Endpoint.Transport) throws {
        let harbour = try Harbour()
        let listener = try harbour.echo(at: try harbour.endpoint(transport))
        let (oldLog, newLog) = (Log(), Log())
        let old = try harbour.dial(listener.endpoint, as: "worker-1", oldLog)
        #expect(old.send([1]) == .queued)
        try harbour.turn(until: { oldLog.frames == [[1]] })
        let new = try harbour.dial(listener.endpoint, as: "worker-1", newLog)
        #expect(new.send([2]) == .queued)
        try harbour.turn(until: { newLog.frames == [[2]] })
        #expect(listener.send([3], to: NodeID("worker-1")) == .queued)
        try harbour.turn(until: { newLog.frames.count == 2 })
        #expect(newLog.frames == [[2], [3]])
        #expect(oldLog.frames == [[1]])
        old.close()
    }

    @Test func `holds a bounded number of bytes for a peer that does not read, and loses none of them`()
        throws
    {
        let harbour = try Harbour()
        var options = LinkOptions.tokens
        options.outboxBytes = 1 << 20
        let (log, slowLog, fastLog) = (Log(), Log(), Log())
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(.ipc),
            options,
            log.listenerHandlers
        )
        let slowLoop = try EventLoop()
        let slow = try harbour.dial(listener.endpoint, as: "slow", slowLog, options, in: slowLoop)
        let fast = try harbour.dial(listener.endpoint, as: "fast", fastLog)
        #expect(slow.send([1]) == .queued)
        #expect(fast.send([1]) == .queued)
        try harbour.turn(until: {
            slowLoop.turn(wait: .zero)
            return log.frames.count == 2
        })
        var sentCount = 0
        try harbour.turn(
            until: {
                switch listener.send([UInt8](number: sentCount, byteCount: 60_000), to: NodeID("slow")) {
                case .queued: sentCount += 1
                case .outboxFull: return true
                case .unreachable: break
                }
                return false
            },
            atMost: 5000
        )
        #expect(listener.outboxByteCount(of: NodeID("slow")) <= 1 << 20)
        // Nobody else notices.
        #expect(listener.send([5], to: NodeID("fast")) == .queued)
        try harbour.turn(until: { fastLog.frames == [[5]] })
        try harbour.turn(
            until: {
                slowLoop.turn(wait: .zero)
                return slowLog.frames.count >= sentCount
            },
            atMost: 20_000
        )
        #expect(slowLog.frames.map(\.number) == Array(0..<sentCount))
        #expect(listener.outboxByteCount(of: NodeID("slow")) == 0)
    }

    @Test func `discards what waits for a peer that goes, and says so`() throws {
        let harbour = try Harbour()
        let log = Log()
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(.ipc),
            .tokens,
            log.listenerHandlers
        )
        let slowLoop = try EventLoop()
        let slow = try harbour.dial(listener.endpoint, as: "slow", Log(), in: slowLoop)
        #expect(slow.send([1]) == .queued)
        try harbour.turn(until: {
            slowLoop.turn(wait: .zero)
            return log.frames.count == 1
        })
        try harbour.turn(until: {
            _ = listener.send([UInt8](repeating: 0, count: 60_000), to: NodeID("slow"))
            return listener.outboxByteCount(of: NodeID("slow")) > 1 << 20
        })
        slow.close()
        try harbour.turn(until: { log.unreachable == [NodeID("slow")] })
        #expect(listener.outboxByteCount(of: NodeID("slow")) == 0)
    }

    @Test func `takes in no more than its share in one turn`() throws {
        let harbour = try Harbour()
        var options = LinkOptions.tokens
        options.framesPerTurn = 32
        options.queuedFrames = 10_000
        let (floodLog, quietLog) = (Log(), Log())
        let flooded = try Listener(
            harbour.loop,
            harbour.context,
            at: try Endpoint("inproc://flooded"),
            options,
            floodLog.listenerHandlers
        )
        let quiet = try Listener(
            harbour.loop,
            harbour.context,
            at: try Endpoint("inproc://quiet"),
            options,
            quietLog.listenerHandlers
        )
        let flood = try harbour.dial(flooded.endpoint, as: "flood", Log(), options)
        let friend = try harbour.dial(quiet.endpoint, as: "friend", Log(), options)
        for number in 0..<5000 { #expect(flood.send([UInt8](number: number)) == .queued) }
        #expect(friend.send([1]) == .queued)
        var turnCount = 0
        while floodLog.frames.count < 5000, turnCount < 1000 {
            let before = floodLog.frames.count
            harbour.loop.turn(wait: .milliseconds(10))
            turnCount += 1
            #expect(floodLog.frames.count - before <= 32)
            if turnCount == 3 { #expect(quietLog.frames == [[1]]) }
        }
        #expect(floodLog.frames.map(\.number) == Array(0..<5000))
    }
}

enum LinkTransports {
    static let all: [Endpoint.Transport] = [.inproc, .ipc, .tcp]
}
