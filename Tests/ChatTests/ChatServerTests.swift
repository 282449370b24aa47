import EventLoop
import Glibc
import JSON
import Testing

@testable import Chat

/// Answers one connection after another with given bytes, on a thread of its own, until they are used up.
final class CannedServer: Sendable {
    private let port: UInt16
    private let listener: Int32
    private let thread: LoopThread

    private init(_ replies: [String]) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        port = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                try #require(bind(listener, generic, length) == 0 && listen(listener, 8) == 0)
                try #require(getsockname(listener, generic, &length) == 0)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        thread = try LoopThread(name: "canned") {
            for reply in replies { Self.answer(on: listener, reply) }
        }
    }

    deinit {
        thread.join()
        close(listener)
    }

    /// Runs `body` with the address of a server that gives `replies`.
    @discardableResult
    static func answering<Result>(_ replies: [String], _ body: (String) throws -> Result) throws -> Result {
        let server = try CannedServer(replies)
        return try withExtendedLifetime(server) { try body("http://127.0.0.1:\(server.port)") }
    }

    private static func answer(on listener: Int32, _ reply: String) {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        // Enough for what the tests send: a request without a body, or one whose body ends in a brace.
        while !request.ends(with: "\r\n\r\n") && !request.ends(with: "}") {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            request += buffer.prefix(count)
        }
        // Byte by byte, so that nothing depends on how a reply is cut up.
        for byte in reply.utf8 {
            var byte = byte
            guard send(connection, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { return }
        }
        guard reply.contains("HOLD") else { return }
        while read(connection, &buffer, buffer.count) > 0 {}
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

@Suite struct `A chat server` {
    private func reply(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    private func stream(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\(body)"
    }

    private func ask(
        _ reply: String,
        stopAfterFirst: Bool = false
    ) throws -> (ending: ChatServer.Ending, events: [ChatServer.Event]) {
        try CannedServer.answering([reply]) { url in
            var events: [ChatServer.Event] = []
            let isStopped = { stopAfterFirst && !events.isEmpty }
            let ending = try ChatServer(url: url).stream(["stream": true], isStopped: isStopped) {
                events.append($0)
            }
            return (ending, events)
        }
    }

    @Test func `names its first model`() throws {
        let models = reply("200 OK", #"{"data":[{"id":"demo"},{"id":"other"}]}"#)
        let name = try CannedServer.answering([models]) { try ChatServer(url: $0 + "//").firstModel() }
        #expect(name == "demo")
    }

    @Test func `takes the address that an OpenAI client takes`() {
        for url in ["http://a:1", "http://a:1/", "http://a:1/v1", "http://a:1/v1//"] {
            #expect(ChatServer(url: url).url == "http://a:1")
        }
    }

    @Test func `without a model says so`() throws {
        try CannedServer.answering([reply("200 OK", #"{"data":[]}"#)]) { url in
            #expect(throws: ChatError.noModels(url: url)) { try ChatServer(url: url).firstModel() }
        }
    }

    @Test func `streams an answer to its end`() throws {
        let text = #"data: {"choices":[{"delta":{"content":"Grüß"}}]}"# + "\r\n\r\n: waiting\n\n"
        let (ending, events) = try ask(stream(text + "data: [DONE]\n\n"))
        #expect(ending == .complete)
        #expect(events == [.text("Grüß"), .status("waiting")])
    }

    @Test func `that breaks off is noticed`() throws {
        #expect(throws: ChatError.broken("the connection ended early")) {
            try ask(stream(#"data: {"choices":[{"delta":{"content":"x"}}]}"# + "\n\n"))
        }
    }

    @Test func `that refuses is quoted`() throws {
        #expect(throws: ChatError.refused(status: 503, message: "the lane is full")) {
            try ask(reply("503 Service Unavailable", #"{"error":{"message":"the lane is full"}}"#))
        }
        #expect(throws: ChatError.refused(status: 502, message: "bad gateway")) {
            try ask(reply("502 Bad Gateway", "bad gateway"))
        }
    }

    @Test func `is left alone once the user stops the answer`() throws {
        let held = #"data: {"choices":[{"delta":{"content":"HOLD"}}]}"# + "\n\n"
        let (ending, events) = try ask(stream(held), stopAfterFirst: true)
        #expect(ending == .stopped)
        #expect(events == [.text("HOLD")])
    }

    @Test func `that is not there is reported with what to do`() throws {
        let url = try CannedServer.answering([]) { $0 }
        let error = #expect(throws: ChatError.self) { try ChatServer(url: url).firstModel() }
        #expect(error?.description == "no server at \(url); start one with: millrace serve")
    }
}
