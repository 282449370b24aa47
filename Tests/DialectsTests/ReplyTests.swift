import Contract
import Dialects
import JSON
import TestSupport
import Testing

@Suite struct `A reply` {
    @Test(arguments: GenerationEndpoint.allCases, 0..<40)
    func `shows the same text however it is cut into records`(endpoint: GenerationEndpoint, seed: Int) throws
    {
        var random = SplitMix64(seed: UInt64(seed))
        let choices = endpoint == .messages ? 1 : Int.random(in: 1...4, using: &random)
        let texts = (0..<choices).map { _ in Self.tortureText(using: &random) }
        for streams in [true, false] {
            let plan = try endpoint.plan(
                body: endpoint.body(streams: streams, n: choices),
                headers: RequestHeaders()
            )
            var writer = plan.writer(for: .golden)
            var bytes: [UInt8] = []
            for (choice, record) in Self.interleaved(texts, using: &random) {
                #expect(writer.state == .running)
                writer.accept(record, choice: choice, into: &bytes)
            }
            #expect(writer.state == .complete)
            let shown =
                streams
                ? try EventStream(bytes).texts(endpoint, choices: choices)
                : try writer.wholeAnswer().texts(endpoint)
            #expect(shown.map { Array($0.utf8) } == texts.map { Array($0.utf8) }, "seed \(seed)")
            #expect(streams || bytes.isEmpty)
        }
    }

    @Test(arguments: GenerationEndpoint.allCases)
    func `counts the prompt once and the output of all choices`(endpoint: GenerationEndpoint) throws {
        let count = endpoint == .messages ? 1 : 3
        let plan = try endpoint.plan(body: endpoint.body(streams: false, n: count), headers: RequestHeaders())
        var writer = plan.writer(for: .golden)
        var bytes: [UInt8] = []
        for choice in 0..<count {
            let opening = StreamOpening(promptTokens: 10, cachedTokens: UInt32(4 + choice))
            writer.accept(.made(ids: 2, "x", opening: opening, end: .length), choice: choice, into: &bytes)
        }
        let usage = try #require(try JSONValue(parsing: writer.wholeAnswer().body)["usage"])
        if endpoint == .messages {
            #expect(usage["input_tokens"] == 6)
            #expect(usage["cache_read_input_tokens"] == 4)
            #expect(usage["output_tokens"] == 2)
        } else {
            #expect(usage["prompt_tokens"] == 10)
            #expect(usage["prompt_tokens_details"]?["cached_tokens"] == 4)
            #expect(usage["completion_tokens"] == 6)
            #expect(usage["total_tokens"] == 16)
        }
    }

    @Test(arguments: GenerationEndpoint.allCases)
    func `says nothing more after its end`(endpoint: GenerationEndpoint) throws {
        let plan = try endpoint.plan(body: endpoint.body(streams: true, n: 1), headers: RequestHeaders())
        var writer = plan.writer(for: .golden)
        var bytes: [UInt8] = []
        writer.accept(.made(ids: 1, "x", end: .stop(sequence: nil)), choice: 0, into: &bytes)
        let length = bytes.count
        writer.accept(.made(ids: 1, "late"), choice: 0, into: &bytes)
        writer.fail(DialectError(.streamLost, "late"), into: &bytes)
        #expect(bytes.count == length)
        #expect(writer.state == .complete)
    }

    @Test(arguments: GenerationEndpoint.allCases, ErrorCode.allCases)
    func `ends with one error when it breaks, streamed or whole`(
        endpoint: GenerationEndpoint,
        code: ErrorCode
    )
        throws
    {
        let failure = Failure(code, "it \"broke\"\n")
        for streams in [true, false] {
            let plan = try endpoint.plan(
                body: endpoint.body(streams: streams, n: 1),
                headers: RequestHeaders()
            )
            var writer = plan.writer(for: .golden)
            var bytes: [UInt8] = []
            writer.accept(.made(ids: 1, "part"), choice: 0, into: &bytes)
            writer.accept(.made(ids: 0, "", end: .failed(failure)), choice: 0, into: &bytes)
            #expect(writer.state == .failed(DialectError(failure)))
            let whole = writer.wholeAnswer()
            #expect(whole == endpoint.dialect.answer(to: DialectError(failure), requestID: "req_golden"))
            guard streams else { continue }
            let last = try #require(EventStream(bytes).events.last)
            #expect(last.name == (endpoint == .messages ? "error" : nil))
            #expect(try JSONValue(parsing: last.data) == JSONValue(parsing: whole.body))
        }
    }

    /// Text of code points that break careless writers.
    private static func tortureText(using random: inout SplitMix64) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let awkward: [Unicode.Scalar] = [
                "\"", "\\", "/", "\n", "\r", "\t", "\0", "\u{1F}", "\u{7F}", "\u{85}", "\u{2028}", "\u{301}",
                "\u{200D}", "\u{FEFF}", "👩", "🇨", "🇭", "\u{10FFFF}", "\u{E000}", "\u{D7FF}", ":", "{", "d",
            ]
            let any = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &random))
            text.append(
                Bool.random(using: &random) ? awkward.randomElement(using: &random) ?? "x" : any ?? "x"
            )
        }
        return String(text)
    }

    /// Each text as records cut at random code points, the choices mixed, each in order.
    private static func interleaved(_ texts: [String], using random: inout SplitMix64) -> [(Int, TokenRecord)]
    {
        var queues = texts.map { text -> [TokenRecord] in
            var pieces: [String] = [""]
            for scalar in text.unicodeScalars {
                if Int.random(in: 0..<3, using: &random) == 0 { pieces.append("") }
                pieces[pieces.count - 1].unicodeScalars.append(scalar)
            }
            var records = pieces.map { TokenRecord.made(ids: 1, $0) }
            records[0].opening = StreamOpening(promptTokens: 5)
            if Bool.random(using: &random) { records.append(.made(ids: 1, "")) }
            records[records.count - 1].end = Bool.random(using: &random) ? .length : .stop(sequence: nil)
            return records
        }
        var mixed: [(Int, TokenRecord)] = []
        while let choice = queues.indices.filter({ !queues[$0].isEmpty }).randomElement(using: &random) {
            mixed.append((choice, queues[choice].removeFirst()))
        }
        return mixed
    }
}

extension TokenRecord {
    static func made(
        ids count: Int,
        _ text: String,
        opening: StreamOpening? = nil,
        end: StreamEnd? = nil
    ) -> TokenRecord {
        TokenRecord(
            job: JobID(high: 0, low: 0),
            attempt: .first,
            position: 0,
            ids: Array(repeating: 7, count: count),
            text: text,
            opening: opening,
            end: end
        )
    }
}

extension GenerationEndpoint {
    /// A plain request.
    func request(streams: Bool = false, n: Int = 1) -> JSONObject {
        var request: JSONObject = ["model": "demo", "stream": .bool(streams), "max_tokens": 2]
        if self == .completions {
            request["prompt"] = "p"
        } else {
            request["messages"] = [["role": "user", "content": "u"]]
        }
        if self != .messages { request["n"] = .integer(Int64(n)) }
        return request
    }

    func body(streams: Bool, n: Int) -> [UInt8] {
        JSONValue.object(request(streams: streams, n: n)).serialized
    }
}
