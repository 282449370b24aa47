import Contract
import Dialects
import EventLoop
import Http
import ResponseStore
import Testing

@testable import Edge

@Suite struct `A response that is made` {
    private static let body = #"{"model":"demo","input":"Hi","stream":true}"#

    private func record(
        _ job: JobID,
        _ position: UInt32,
        _ text: String,
        end: StreamEnd? = nil
    ) -> TokenRecord {
        var record = TokenRecord(job: job, attempt: .first, position: position, ids: [position], text: text)
        if position == 0 { record.opening = StreamOpening(promptTokens: 3) }
        record.end = end
        return record
    }

    @Test func `tells every follower every event once, from wherever each begins`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (run, job) = try edge.run(Self.body)
        let (first, responder) = try edge.client()
        run.follow(responder, after: nil, headers: [], isAsker: true)
        run.show(record(job, 0, "One "), choice: 0, at: edge.loop.now)
        let (late, lateResponder) = try edge.client()
        run.follow(lateResponder, after: nil, headers: [])
        let (later, laterResponder) = try edge.client()
        run.follow(laterResponder, after: 2, headers: [])
        run.show(record(job, 1, "two."), choice: 0, at: edge.loop.now)
        run.show(record(job, 2, "", end: .stop(sequence: nil)), choice: 0, at: edge.loop.now)
        #expect(run.isOver)
        try edge.turn(until: { first.read().isWhole && late.read().isWhole && later.read().isWhole })
        let last = run.transcript.lastPosition
        #expect(first.numbers == Array(0...last))
        #expect(late.numbers == Array(0...last))
        #expect(later.numbers == Array(3...last))
        #expect(first.text.contains("response.completed"))
        #expect(edge.host.responses.run(run.id) == nil)
    }

    @Test func `is told complete only when the store has it`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (run, job) = try edge.run(Self.body)
        let (client, responder) = try edge.client()
        run.follow(responder, after: nil, headers: [], isAsker: true)
        var isTold = false
        run.whenConcluded { isTold = true }
        run.show(record(job, 0, "All.", end: .length), choice: 0, at: edge.loop.now)
        // The store answers through the loop, which has not turned.
        #expect(run.isOver && !isTold)
        try edge.turn(until: { client.read().isWhole })
        #expect(isTold && client.text.contains("response.incomplete"))
        let stored = try edge.stored(run.id).get()
        #expect(stored.transcript.lastPosition == run.transcript.lastPosition)
        var isToldAgain = false
        run.whenConcluded { isToldAgain = true }
        #expect(isToldAgain)
    }

    @Test func `is cancelled when its client leaves, and goes on in the background`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        for isBackground in [false, true] {
            let (run, job) = try edge.run(
                #"{"model":"demo","input":"Hi","stream":true,"background":\#(isBackground)}"#
            )
            let (client, responder) = try edge.client()
            run.follow(responder, after: nil, headers: [], isAsker: true)
            run.show(record(job, 0, "One "), choice: 0, at: edge.loop.now)
            client.close()
            var isConcluded = false
            run.whenConcluded { isConcluded = true }
            if isBackground {
                for _ in 0..<20 { edge.loop.turn(wait: .zero) }
                #expect(!run.isOver)
                run.cancel()
            }
            try edge.turn(until: { isConcluded })
            #expect(run.isOver)
        }
    }

    @Test func `leaves nothing behind where nothing was made`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (run, job) = try edge.run(#"{"model":"demo","input":"Hi"}"#)
        let (client, responder) = try edge.client()
        run.serve(responder, headers: [])
        run.fail(DialectError(.laneFull, "it is full"), job: job, at: edge.loop.now)
        try edge.turn(until: { client.read().text.contains("it is full") })
        #expect(client.text.hasPrefix("HTTP/1.1 503"))
        let stored = try edge.stored(run.id)
        #expect(throws: DialectError.self) { try stored.get() }
    }

    @Test func `tells whoever waits for the edge when the last one is over`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (run, job) = try edge.run(#"{"model":"demo","input":"Hi","background":true}"#)
        var isIdle = false
        edge.host.responses.whenIdle { isIdle = true }
        #expect(!isIdle && edge.host.responses.run(run.id) === run)
        run.show(record(job, 0, "x", end: .stop(sequence: nil)), choice: 0, at: edge.loop.now)
        try edge.turn(until: { isIdle })
        #expect(edge.host.responses.run(run.id) == nil)
        var isIdleAgain = false
        edge.host.responses.whenIdle { isIdleAgain = true }
        #expect(isIdleAgain)
    }

    @Test func `is stopped when the store is told so elsewhere`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (run, job) = try edge.run(#"{"model":"demo","input":"Hi","background":true}"#)
        var hasBegun = false
        edge.store.begin(run.row, run.owner) { _ in }
        edge.host.responses.find(run.id, run.owner) { _ in hasBegun = true }
        try edge.turn(until: { hasBegun })
        run.show(record(job, 0, "x"), choice: 0, at: edge.loop.now)
        edge.store.cancel(run.id.job, run.owner) { _ in }
        try edge.turn(until: { run.isOver })
    }

    @Test func `waits for no client that reads too slowly, and tells it the rest in the end`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (run, job) = try edge.run(#"{"model":"demo","input":"Hi","stream":true,"background":true}"#)
        let (slow, responder) = try edge.client(receiveBytes: 4096)
        run.follow(responder, after: nil, headers: [])
        let piece = String(repeating: "word ", count: 200)
        for position in 0..<400 as Range<UInt32> {
            run.show(record(job, position, piece), choice: 0, at: edge.loop.now)
            if position % 50 == 0 { edge.loop.turn(wait: .zero) }
        }
        #expect(responder.pendingBytes < 400_000, "\(responder.pendingBytes) bytes wait for one client")
        run.show(record(job, 400, "", end: .stop(sequence: nil)), choice: 0, at: edge.loop.now)
        try edge.turn(until: { slow.read().isWhole })
        #expect(slow.numbers == Array(0...run.transcript.lastPosition))
    }

    @Test func `keeps a silent stream open`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (run, job) = try edge.run(Self.body)
        let (client, responder) = try edge.client()
        run.follow(responder, after: nil, headers: [], isAsker: true)
        run.keepAlive(after: .zero, at: edge.loop.now)
        try edge.turn(until: { client.read().text.contains("response.queued") })
        run.show(record(job, 0, "x"), choice: 0, at: edge.loop.now)
        let count = client.numbers.count
        run.keepAlive(after: .zero, at: edge.loop.now)
        try edge.turn(until: { client.read().text.contains("\n:") || client.text.contains("\r\n:") })
        #expect(client.numbers.count >= count)
    }
}
