import Contract
import Dialects
import JSON
import TestSupport
import Testing

@Suite struct `A hostile request` {
    private static let seed: UInt64 = 0xD1A1

    @Test func `is planned or refused, but never traps`() throws {
        var random = SplitMix64(seed: Self.seed)
        let valid = GoldenCase.all()
        let cases = valid + valid + GoldenCase.all(in: "invalid/")
        var counts = (planned: 0, refused: 0)
        for round in 0..<5000 {
            let golden = try #require(cases.randomElement(using: &random))
            var body = try golden.request
            if round % 4 > 0, let request = try? JSONValue(parsing: body) {
                body = Self.mutated(request, using: &random).serialized
            } else {
                body = Self.scrambled(body, using: &random)
            }
            for endpoint in [try golden.endpoint, GenerationEndpoint.allCases[round % 3]] {
                do {
                    try Self.run(try endpoint.plan(body: body, headers: RequestHeaders()))
                    counts.planned += 1
                } catch let error as DialectError {
                    let words = error.detail
                    #expect(!words.isEmpty && words.utf8.count < 2000, "round \(round): \(words.prefix(300))")
                    _ = try JSONValue(parsing: endpoint.dialect.answer(to: error, requestID: "r").body)
                    counts.refused += 1
                }
            }
        }
        // Both ways are really taken, so that the fuzzing is worth something.
        #expect(counts.planned > 500 && counts.refused > 500, "\(counts), seed \(Self.seed)")
    }

    /// Whatever was planned can be answered.
    private static func run(_ plan: GenerationPlan) throws {
        var writer = plan.writer(for: .golden)
        var bytes: [UInt8] = []
        for (choice, job) in plan.jobs.enumerated() {
            if case .chat(let context) = job.prompt { _ = try JSONValue(parsing: context) }
            writer.accept(.made(ids: 1, "x", end: .length), choice: choice, into: &bytes)
        }
        #expect(writer.state == .complete)
        if !plan.streams { _ = try JSONValue(parsing: writer.wholeAnswer().body) }
    }

    /// One to four changes somewhere in the document.
    private static func mutated(_ value: JSONValue, using random: inout SplitMix64) -> JSONValue {
        var value = value
        for _ in 0..<Int.random(in: 1...4, using: &random) { value = changed(value, using: &random) }
        return value
    }

    private static func changed(_ value: JSONValue, using random: inout SplitMix64) -> JSONValue {
        let goesDown = Int.random(in: 0..<12, using: &random) > 0
        switch value {
        case .object(var object) where goesDown && object.count > 0:
            let key = object.keys.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<8, using: &random) {
            case 0: object[key] = nil
            case 1: object[Self.names.randomElement(using: &random) ?? key] = Self.anything(using: &random)
            default: object[key] = object[key].map { changed($0, using: &random) }
            }
            return .object(object)
        case .array(var elements) where goesDown && !elements.isEmpty:
            let index = Int.random(in: 0..<elements.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            case 2: elements.swapAt(0, index)
            default: elements[index] = changed(elements[index], using: &random)
            }
            return .array(elements)
        default: return Self.anything(using: &random)
        }
    }

    private static let names = [
        "temperature", "n", "stop", "seed", "logit_bias", "tools", "tool_choice", "stream", "stream_options",
        "prompt",
        "messages", "content", "role", "type", "text", "tool_calls", "function", "arguments", "system",
        "thinking",
        "max_tokens", "top_k", "service_tier", "chat_template_kwargs", "documents", "tool_use_id", "input",
        "id",
    ]

    private static func anything(using random: inout SplitMix64) -> JSONValue {
        let pool: [JSONValue] = [
            nil, true, false, 0, 1, -1, 2, 1.5, 1e300, -1e-300, .integer(.max), .integer(.min), 4_294_967_296,
            "", "x",
            "user", "assistant", "system", "tool", "text", "tool_use", "tool_result", "thinking", "auto",
            "function",
            "\0\u{2028}👩‍👩‍👧", "{\"a\":", "{\"a\":[1]}", [], [[]], [nil], ["a"], [1, 2], [[1], [2]], [:],
            ["type": "text", "text": "t"], ["role": "user", "content": "c"], ["7": 1, "+7": 2],
            ["type": "tool_result", "tool_use_id": "q"], .string(String(repeating: "é", count: 3000)),
        ]
        return pool.randomElement(using: &random) ?? .null
    }

    /// The same bytes with a few of them changed, removed or doubled.
    private static func scrambled(_ body: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...3, using: &random) where !body.isEmpty {
            let index = Int.random(in: 0..<body.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: body.remove(at: index)
            case 1: body.insert(body[index], at: index)
            case 2: body.removeSubrange(index...)
            default: body[index] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return body
    }
}
