import Contract
import Dialects
import EventLoop
import Http
import Retries
import Testing

@testable import Edge

@Suite struct `Requests that come again` {
    private static let key = "Idempotency-Key: one"
    private static let firstTry = "x-stainless-retry-count: 0"
    private static let secondTry = "x-stainless-retry-count: 1"

    /// A request that has no reply yet, with who is to write it.
    private func begin(
        _ edge: OneEdge,
        _ headers: [String],
        body: String = "{}"
    ) throws -> (client: EdgeClient, author: Responder) {
        let (client, context) = try edge.context(headers, body: body)
        return (client, try #require(try edge.host.retries.admit(context)).responder)
    }

    /// One whose author begins to answer it and is gone.
    private func beginAndLetGo(_ edge: OneEdge) throws -> EdgeClient {
        let (client, author) = try begin(edge, [Self.key])
        author.startStream(status: 200)
        author.write(Array("one".utf8))
        return client
    }

    /// One that is given a reply that is there.
    private func join(
        _ edge: OneEdge,
        _ headers: [String],
        body: String = "{}",
        receiveBytes: Int32? = nil
    ) throws -> EdgeClient {
        let (client, context) = try edge.context(headers, body: body, receiveBytes: receiveBytes)
        let admitted = try edge.host.retries.admit(context)
        #expect(admitted == nil)
        return client
    }

    private func isFresh(_ edge: OneEdge, _ headers: [String], body: String = "{}") throws -> Bool {
        let (_, context) = try edge.context(headers, body: body)
        guard let admitted = try edge.host.retries.admit(context) else { return false }
        // Lets go of it unanswered, which forgets it.
        _ = admitted
        return true
    }

    /// The body of a stream, without the chunks that it came in.
    private func content(_ client: EdgeClient) -> String {
        let parts = client.text.split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let head = parts.firstIndex(of: "") else { return "" }
        return parts[(head + 1)...].enumerated().filter { $0.offset % 2 == 1 }.map(\.element).joined()
    }

    @Test func `tells a stream from its beginning to whoever joins it by its key, and again when it is done`()
        throws
    {
        let edge = try OneEdge()
        defer { edge.close() }
        let (first, author) = try begin(edge, [Self.key])
        author.startStream(status: 200, headers: ["content-type": "text/event-stream"])
        author.write(Array("one ".utf8))
        let second = try join(edge, [Self.key])
        author.write(Array("two ".utf8))
        author.write(Array("three".utf8))
        author.end()
        let third = try join(edge, [Self.key, "x-request-id: other"])
        try edge.turn(until: { first.read().isWhole && second.read().isWhole && third.read().isWhole })
        #expect(content(first) == "one two three")
        #expect(content(second) == content(first) && content(third) == content(first))
        #expect(!first.text.contains("idempotent-replayed"))
        for client in [second, third] {
            #expect(client.text.contains("idempotent-replayed: true"))
            #expect(client.text.contains("content-type: text/event-stream"))
        }
    }

    @Test func `gives all who wait the same whole reply`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (first, author) = try begin(edge, [Self.key])
        let second = try join(edge, [Self.key])
        author.send(status: 200, headers: ["x-request-id": "req_1"], body: Array("whole".utf8))
        try edge.turn(until: { first.read().text.hasSuffix("whole") && second.read().text.hasSuffix("whole") }
        )
        #expect(second.text.contains("x-request-id: req_1") && second.text.contains("joined: key"))
    }

    @Test func `goes on without its client, and is given up after the grace`() throws {
        var rules = RetryRules()
        rules.policy.grace = .milliseconds(50)
        let edge = try OneEdge(retries: rules)
        defer { edge.close() }
        let (first, author) = try begin(edge, [Self.key])
        var isGivenUp = false
        author.onClose = { isGivenUp = true }
        author.startStream(status: 200)
        author.write(Array("one ".utf8))
        try edge.turn(until: { first.read().text.contains("one ") })
        first.close()
        for _ in 0..<5 { edge.loop.turn(wait: .zero) }
        #expect(!isGivenUp)
        let second = try join(edge, [Self.key])
        edge.host.retries.sweep(at: edge.loop.now + .seconds(60))
        #expect(!isGivenUp, "it has a client")
        try edge.turn(until: { second.read().text.contains("one ") })
        second.close()
        try edge.turn(until: { isGivenUp })
        #expect(try isFresh(edge, [Self.key]))
    }

    @Test func `refuses a key that was used for another body, and tells tenants and API keys apart`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (_, author) = try begin(edge, [Self.key, "authorization: Bearer a"])
        let (_, context) = try edge.context([Self.key, "x-api-key: a"], body: "{ }")
        let (_, high) = try edge.context([Self.key, "x-api-key: a", "x-millrace-lane: high"])
        #expect(throws: DialectError.self) { try edge.host.retries.admit(high) }
        let error = #expect(throws: DialectError.self) { try edge.host.retries.admit(context) }
        #expect(error?.code == .keyReused)
        #expect(try isFresh(edge, [Self.key, "authorization: Bearer b"]))
        var (_, other) = try edge.context([Self.key, "authorization: Bearer a"])
        other.tenant = "other"
        #expect(try edge.host.retries.admit(other) != nil)
        author.send(status: 200)
    }

    @Test func `keeps no failure, said by a status or in a stream`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (_, refused) = try begin(edge, [Self.key])
        refused.send(status: 429)
        let (_, broken) = try begin(edge, [Self.key])
        broken.startStream(status: 200)
        broken.end(isFailure: true)
        let (_, cut) = try begin(edge, [Self.key])
        cut.startStream(status: 200)
        cut.abort()
        #expect(try isFresh(edge, [Self.key]))
    }

    @Test func `answers 500 where nobody answers, and cuts off where somebody began to`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let first = try begin(edge, [Self.key]).client
        try edge.turn(until: { first.read().text.contains("HTTP/1.1 500") })
        let second = try beginAndLetGo(edge)
        try edge.turn(until: { second.read().hasEnded })
        #expect(!second.isWhole)
    }

    @Test func `gives a library's retry the reply that its first try did not see`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (first, author) = try begin(edge, [Self.firstTry])
        var isGivenUp = false
        author.onClose = { isGivenUp = true }
        first.close()
        for _ in 0..<5 { edge.loop.turn(wait: .zero) }
        #expect(!isGivenUp)
        author.startStream(status: 200)
        author.write(Array("one ".utf8))
        let second = try join(edge, [Self.secondTry])
        author.write(Array("two".utf8))
        author.end()
        try edge.turn(until: { second.read().isWhole })
        #expect(content(second) == "one two" && second.text.contains("x-millrace-joined: retry"))
        #expect(try isFresh(edge, [Self.secondTry]))
    }

    @Test func `ends a library's job at once when its client leaves in the middle`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (first, author) = try begin(edge, [Self.firstTry])
        var isGivenUp = false
        author.onClose = { isGivenUp = true }
        author.startStream(status: 200)
        author.write(Array("one ".utf8))
        try edge.turn(until: { first.read().text.contains("one ") })
        first.close()
        try edge.turn(until: { isGivenUp })
    }

    @Test func `tells an author of a reply that nobody else can get how its reader keeps up`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (client, context) = try edge.context([Self.firstTry], receiveBytes: 4096)
        let author = try #require(try edge.host.retries.admit(context)).responder
        var hasDrained = false
        author.onDrain = { hasDrained = true }
        author.startStream(status: 200)
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        var writeCount = 0
        while author.write(piece) { writeCount += 1 }
        #expect(writeCount < 100)
        try edge.turn(until: {
            client.read()
            return hasDrained
        })
        author.end()
        try edge.turn(until: { client.read().isWhole })
        #expect(client.received.count(where: { $0 == UInt8(ascii: "x") }) >= (writeCount + 1) * piece.count)
    }

    @Test func `holds nobody back for a slow reader, nor keeps more for it than the reply`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let (slow, context) = try edge.context([Self.key], receiveBytes: 4096)
        let author = try #require(try edge.host.retries.admit(context)).responder
        let fast = try join(edge, [Self.key])
        author.startStream(status: 200)
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
        for _ in 0..<600 {
            author.write(piece)
            edge.loop.turn(wait: .zero)
            fast.read()
        }
        author.end()
        try edge.turn(until: { fast.read().isWhole })
        #expect(!slow.isWhole && context.responder.pendingBytes < 500_000)
        try edge.turn(until: { slow.read().isWhole })
        #expect(content(slow).utf8.count == 6_000_000 && content(fast).utf8.count == 6_000_000)
    }

    @Test func `goes on for who is there when it grows too long to be kept, and gives up who lags`() throws {
        var rules = RetryRules()
        rules.policy.replyByteCount = 100_000
        let edge = try OneEdge(retries: rules)
        defer { edge.close() }
        let (slow, context) = try edge.context([Self.key], receiveBytes: 4096)
        let author = try #require(try edge.host.retries.admit(context)).responder
        let fast = try join(edge, [Self.key])
        author.startStream(status: 200)
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
        for _ in 0..<1200 {
            author.write(piece)
            edge.loop.turn(wait: .zero)
            fast.read()
        }
        #expect(try isFresh(edge, [Self.key]))
        author.end()
        try edge.turn(until: { fast.read().isWhole && slow.read().hasEnded })
        #expect(content(fast).utf8.count == 12_000_000 && !slow.isWhole)
    }

    @Test func `takes a key of 255 bytes and no longer one`() throws {
        let edge = try OneEdge()
        defer { edge.close() }
        let key = String(repeating: "k", count: 255)
        #expect(try isFresh(edge, ["idempotency-key: \(key)"]))
        let (_, context) = try edge.context(["idempotency-key: \(key)k"])
        #expect(throws: DialectError.self) { try edge.host.retries.admit(context) }
    }
}
