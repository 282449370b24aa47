import Contract
import Dialects
import JSON
import Testing

/// A folder of `Golden`: a request and what must come of it.
///
/// Adding a folder adds a test. The folder's name begins with the endpoint: `chat-`, `completion-` or
/// `message-`. With `RECORD=1` the expected files are rewritten, and the test fails so that nobody records by
/// accident.
struct GoldenCase: CustomTestStringConvertible, Sendable {
    /// From `Golden`.
    let path: String

    var testDescription: String { String(path.split(separator: "/").last ?? "") }

    /// The folders in `Golden`, or in a folder of it ("invalid/").
    static func all(in folder: String = "") -> [GoldenCase] {
        GoldenFile.names(in: folder).map { GoldenCase(path: folder + $0) }.filter { $0.has("request.json") }
    }

    var endpoint: GenerationEndpoint {
        get throws {
            let kinds = [
                "chat": GenerationEndpoint.chatCompletions, "completion": .completions, "message": .messages,
            ]
            return try #require(kinds[String(testDescription.prefix { $0 != "-" })])
        }
    }

    var request: [UInt8] { get throws { try read("request.json") } }

    var headers: RequestHeaders {
        get throws {
            guard has("headers.json") else { return RequestHeaders() }
            let object = try #require(try JSONValue(parsing: try read("headers.json")).objectValue)
            return RequestHeaders(object.map { (name: $0.key, value: $0.value.stringValue ?? "") })
        }
    }

    private func has(_ name: String) -> Bool { GoldenFile.exists("\(path)/\(name)") }

    private func read(_ name: String) throws -> [UInt8] { try GoldenFile.read("\(path)/\(name)") }

    /// Whether it asks for a response: those lie in folders of their own.
    var isResponse: Bool { path.hasPrefix("responses/") || path.hasPrefix("invalid-responses/") }

    func plan() throws -> GenerationPlan {
        guard isResponse else { return try endpoint.plan(body: request, headers: headers) }
        let asked = try ResponsesRequest(body: request, headers: headers)
        return try asked.plan(behind: try earlier("earlier.jsonl"), naming: try earlier("named.jsonl"))
    }

    /// Responses that are stored, a line each: the request's and the result's part.
    private func earlier(_ name: String) throws -> [StoredResponse] {
        guard has(name) else { return [] }
        return try read(name).split(separator: UInt8(ascii: "\n")).map { line in
            let parts = try JSONValue(parsing: line)
            let id = try #require(parts["id"]?.stringValue.flatMap { ResponseID($0) })
            let request = try #require(parts["request"]?.serialized)
            return try #require(StoredResponse(id, request: request, result: parts["result"]?.serialized))
        }
    }

    /// Compares with a file of the folder, or rewrites it.
    func expect(_ made: [UInt8], matches name: String) throws {
        if GoldenFile.records {
            try GoldenFile.write(made, to: "\(path)/\(name)")
            Issue.record("recorded \(path)/\(name)")
            return
        }
        let expected = try read(name)
        #expect(String(decoding: made, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    }

    /// What happens to the reply, in order.
    var events: [JSONValue] {
        get throws {
            try read("events.jsonl").split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: $0) }
        }
    }

    /// Feeds `events.jsonl` to a writer.
    func reply(to plan: GenerationPlan) throws -> [UInt8] {
        var writer = plan.writer(for: .golden)
        var bytes: [UInt8] = []
        for event in try events {
            if let place = event["keepAlive"] {
                writer.appendKeepAlive(QueuePosition(golden: place), into: &bytes)
            } else if event["fail"] != nil {
                writer.fail(DialectError(try Failure(golden: event, "fail")), into: &bytes)
            } else {
                let choice = Int(try #require(event["choice"]?.integerValue))
                writer.accept(try TokenRecord(golden: event), choice: choice, into: &bytes)
            }
        }
        return plan.streams ? bytes : writer.wholeAnswer().body
    }
}

extension GoldenCase {
    /// The same for a response, which is told when it waits and how it ends.
    func response(to plan: GenerationPlan) throws -> (reply: ResponsesReply, bytes: [UInt8]) {
        var reply = try #require(plan.response(for: .golden))
        var bytes: [UInt8] = []
        if reply.isBackground { reply.queue(into: &bytes) }
        for event in try events {
            if let place = event["keepAlive"] {
                reply.appendKeepAlive(QueuePosition(golden: place), into: &bytes)
            } else if event["queue"] != nil {
                reply.queue(into: &bytes)
            } else if event["fail"] != nil {
                reply.fail(DialectError(try Failure(golden: event, "fail")), into: &bytes)
            } else {
                reply.accept(try TokenRecord(golden: event), choice: 0, into: &bytes)
            }
        }
        _ = reply.end(at: ReplyIdentity.golden.created + 3)
        reply.tellEnd(isStored: reply.isStored, into: &bytes)
        return (reply, bytes)
    }
}

extension ReplyIdentity {
    static let golden = ReplyIdentity(
        job: JobID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210),
        requestID: "req_golden",
        created: 1_773_500_966,
        model: "millrace-demo",
        fingerprint: "fp_golden"
    )
}

extension QueuePosition {
    /// `[position, milliseconds]`, or null.
    fileprivate init?(golden value: JSONValue) {
        guard let numbers = value.arrayValue?.compactMap(\.integerValue), numbers.count == 2 else {
            return nil
        }
        self.init(
            job: JobID(high: 0, low: 0),
            position: UInt32(clamping: numbers[0]),
            etaMilliseconds: UInt32(clamping: numbers[1])
        )
    }
}

extension Failure {
    fileprivate init(golden event: JSONValue, _ key: String) throws {
        let code = try #require(event[key]?.stringValue.flatMap { ErrorCode(rawValue: $0) })
        self.init(code, event["detail"]?.stringValue ?? "")
    }
}

extension LikelyToken {
    /// `["text" or bytes, logprob]`.
    fileprivate init?(golden value: JSONValue) {
        guard let pair = value.arrayValue, pair.count == 2, let logprob = pair[1].numberValue else {
            return nil
        }
        let bytes = pair[0].arrayValue?.compactMap { $0.integerValue.map { UInt8(clamping: $0) } }
        let text = Array((pair[0].stringValue ?? "").utf8)
        self.init(id: 0, logprob: Float(logprob), bytes: bytes ?? text)
    }
}

extension TokenRecord {
    /// `{"opening": [prompt, cached], "ids": […], "text": "…", "logprobs": [[token, top, …], …], "end": …}`,
    /// each but `choice` optional.
    ///
    /// `"offsets"` and `"ranks"` are those of the logprobs; `"prompt"` is the position of a prompt's ids.
    /// `"thought"` counts ids; `"marks"` are `[offset, "text"]`, `[offset, "thinking"]` and
    /// `[offset, id, name]`.
    fileprivate init(golden event: JSONValue) throws {
        let opening = event["opening"]?.arrayValue?.compactMap(\.integerValue)
        self.init(
            job: JobID(high: 0, low: 0),
            attempt: .first,
            position: UInt32(clamping: event["prompt"]?.integerValue ?? 0),
            ids: (event["ids"]?.arrayValue ?? []).compactMap {
                $0.integerValue.map { TokenID(clamping: $0) }
            },
            text: event["text"]?.stringValue ?? "",
            logprobs: (event["logprobs"]?.arrayValue ?? []).compactMap { value in
                let tokens = (value.arrayValue ?? []).compactMap(LikelyToken.init(golden:))
                return tokens.first.map { TokenLogprob($0, top: Array(tokens.dropFirst())) }
            },
            opening: opening.map {
                StreamOpening(promptTokens: UInt32(clamping: $0[0]), cachedTokens: UInt32(clamping: $0[1]))
            }
        )
        isPrompt = event["prompt"] != nil
        for (index, offset) in (event["offsets"]?.arrayValue ?? []).enumerated() {
            logprobs[index].offset = UInt32(clamping: offset.integerValue ?? 0)
        }
        for (index, rank) in (event["ranks"]?.arrayValue ?? []).enumerated() {
            logprobs[index].rank = UInt32(clamping: rank.integerValue ?? 0)
        }
        thinkingTokens = UInt32(clamping: event["thought"]?.integerValue ?? 0)
        marks = try (event["marks"]?.arrayValue ?? []).map { try OutputMark(golden: $0) }
        switch event["end"] {
        case nil: break
        case "stop": end = .stop(sequence: nil)
        case "length": end = .length
        case "cancelled": end = .cancelled
        case let other?:
            if let sequence = other["stop"]?.stringValue {
                end = .stop(sequence: sequence)
            } else {
                end = .failed(try Failure(golden: other, "failed"))
            }
        }
    }
}

extension OutputMark {
    fileprivate init(golden value: JSONValue) throws {
        let parts = try #require(value.arrayValue)
        let offset = UInt32(clamping: try #require(parts.first?.integerValue))
        let words = parts.dropFirst().compactMap(\.stringValue)
        switch words.count {
        case 2: self.init(offset: offset, .call(ToolCallHead(id: words[0], name: words[1])))
        default: self.init(offset: offset, words == ["thinking"] ? .thinking : .text)
        }
    }
}
