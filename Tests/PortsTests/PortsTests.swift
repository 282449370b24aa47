import Contract
import EventLoop
import Messaging
import Ports
import Telemetry
import Testing
import Wire

@Suite struct `A port` {
    private func heartbeat(_ step: UInt64) -> Envelope {
        let header = LinkHeader(epoch: BootEpoch(rawValue: 7), sequence: step, acknowledged: 3)
        return Envelope(header: header, message: .heartbeat(Heartbeat(step: step, running: 1, waiting: 2)))
    }

    @Test(arguments: [Endpoint.Transport.inproc, .ipc])
    func `carries messages both ways, in order and unchanged`(transport: Endpoint.Transport) throws {
        let quay = try Quay(transport)
        let dialer = try quay.dial("worker")
        try quay.turn { quay.connectedCount == 1 }
        let records = TokenRecord(
            job: JobID(high: 1, low: 2),
            attempt: .first,
            position: 0,
            ids: [1],
            text: "grün"
        )
        let header = LinkHeader(epoch: BootEpoch(rawValue: 7), sequence: 1)
        let tokens = Envelope(header: header, message: .tokens([records]))
        dialer.send(tokens)
        for step in 2...100 as ClosedRange<UInt64> { dialer.send(heartbeat(step)) }
        try quay.turn { quay.received.count == 100 }
        #expect(quay.received.map(\.envelope) == [tokens] + (2...100).map(heartbeat))
        #expect(Set(quay.received.map(\.peer)) == [NodeID("worker")])
        try quay.listener.send(heartbeat(5), to: NodeID("worker"))
        try quay.turn { !quay.answers.isEmpty }
        #expect(quay.answers == [heartbeat(5)])
        #expect(quay.malformed.value == 0)
    }

    @Test(arguments: [Endpoint.Transport.inproc, .ipc])
    func `puts a heartbeat in the place of a message that does not fit into a frame`(
        transport: Endpoint.Transport
    ) throws {
        let quay = try Quay(transport)
        let dialer = try quay.dial("worker")
        try quay.turn { quay.connectedCount == 1 }
        let header = LinkHeader(epoch: BootEpoch(rawValue: 7), sequence: 1, acknowledged: 3)
        let long = TokenRecord(
            job: JobID(high: 1, low: 2),
            attempt: .first,
            position: 0,
            text: String(repeating: "x", count: 2 << 20)
        )
        let tokens = Envelope(header: header, message: .tokens([long]))
        let placeholder = Envelope(header: header, message: .heartbeat(Heartbeat()))
        dialer.send(tokens)
        dialer.send(heartbeat(2))
        try quay.turn { quay.received.count == 2 }
        #expect(quay.received.map(\.envelope) == [placeholder, heartbeat(2)])
        #expect(quay.unsendable == [tokens.message])
        try quay.listener.send(tokens, to: NodeID("worker"))
        try quay.turn { !quay.answers.isEmpty }
        #expect(quay.answers == [placeholder])
    }

    @Test func `keeps nothing for a server that is not there`() throws {
        let quay = try Quay(.ipc)
        let endpoint = try quay.freshEndpoint(.ipc)
        let dialer = try quay.dial("worker", to: endpoint)
        for step in 1...100 as ClosedRange<UInt64> { dialer.send(heartbeat(step)) }
        var frames: [[UInt8]] = []
        let server = try Listener(
            quay.loop,
            quay.context,
            at: endpoint,
            .tokens,
            Listener.Handlers { _, bytes in frames.append(bytes.withUnsafeBytes { Array($0) }) }
        )
        try quay.turn { quay.connectedCount == 1 }
        dialer.send(heartbeat(101))
        try quay.turn { !frames.isEmpty }
        #expect(frames == [try FrameCodec.encode(heartbeat(101))])
        server.close()
    }

    @Test func `says that nobody is there`() throws {
        let quay = try Quay(.ipc)
        try quay.listener.send(heartbeat(1), to: NodeID("nobody"))
        #expect(quay.unreachable == [NodeID("nobody")])
    }

    @Test(arguments: [Endpoint.Transport.inproc, .ipc])
    func `answers bytes that are no message, and counts them`(transport: Endpoint.Transport) throws {
        let quay = try Quay(transport)
        let enemy = try quay.dialRaw("enemy")
        _ = enemy.send([1, 2, 3])
        try quay.turn { quay.rawAnswers.count == 1 }
        guard case .envelope(let answer) = try FrameCodec.decode(quay.rawAnswers[0]) else {
            Issue.record("the answer is no message")
            return
        }
        #expect(answer.header.sequence == 0)
        #expect(answer.header.epoch == BootEpoch(rawValue: 1))
        guard case .error(.malformedFrame, let detail) = answer.message else {
            Issue.record("\(answer.message)")
            return
        }
        #expect(!detail.isEmpty)
        #expect(quay.malformed.value == 1)
        #expect(quay.received.isEmpty)
    }

    @Test func `stops listening to a peer at its 16th frame that is no message, and to nobody else`() throws {
        let quay = try Quay(.ipc)
        let enemy = try quay.dialRaw("enemy")
        let friend = try quay.dial("friend")
        for _ in 0..<15 { _ = enemy.send([0xFF]) }
        try quay.turn { quay.rawAnswers.count == 15 }
        // Until then it may still say something sensible.
        _ = enemy.send(try FrameCodec.encode(heartbeat(1)))
        try quay.turn { quay.received.count == 1 }
        for _ in 0..<20 { _ = enemy.send([0xFF]) }
        _ = enemy.send(try FrameCodec.encode(heartbeat(2)))
        try quay.turn { quay.malformed.value == 16 }
        // More of it would have come before these.
        for step in 1...50 as ClosedRange<UInt64> {
            friend.send(heartbeat(step))
            try quay.turn { quay.received.count == Int(step) + 1 }
        }
        #expect(quay.received.dropFirst().allSatisfy { $0.peer == NodeID("friend") })
        #expect(quay.malformed.value == 16)
        // The last answer says so.
        try quay.turn { quay.rawAnswers.count >= 16 }
        let codes = try quay.rawAnswers.map(errorCode)
        #expect(codes == [ErrorCode](repeating: .malformedFrame, count: 15) + [.peerDropped])
    }

    private func errorCode(_ frame: [UInt8]) throws -> ErrorCode? {
        guard case .envelope(let answer) = try FrameCodec.decode(frame) else { return nil }
        guard case .error(let code, _) = answer.message else { return nil }
        return code
    }

    @Test func `counts what a server sends that is no message, and goes on`() throws {
        let quay = try Quay(.ipc)
        let endpoint = try quay.freshEndpoint(.ipc)
        var peers: [NodeID] = []
        let server = try Listener(
            quay.loop,
            quay.context,
            at: endpoint,
            .tokens,
            Listener.Handlers { peer, _ in peers.append(peer) }
        )
        let dialer = try quay.dial("worker", to: endpoint)
        try quay.turn { quay.connectedCount == 1 }
        dialer.send(heartbeat(1))
        try quay.turn { !peers.isEmpty }
        _ = server.send([9, 9, 9], to: peers[0])
        _ = server.send(try FrameCodec.encode(heartbeat(2)), to: peers[0])
        try quay.turn { !quay.answers.isEmpty }
        #expect(quay.answers == [heartbeat(2)])
        #expect(quay.malformed.value == 1)
    }
}
