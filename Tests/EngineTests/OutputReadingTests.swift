import Contract
import Engine
import Output
import JSON
import Testing

/// What a generation is told to be, from model to records.
@Suite struct `A generation whose output is read` {
    private static let signs = EchoModel.Signs(say: 300, said: 301, reply: 302, end: 256)
    private static let opens: TokenID = 303
    private static let closes: TokenID = 304
    private static let output =
        [opens] + Array("Hm, é?".utf8).map(TokenID.init) + [closes]
        + Array(
            "\nI look.<tool_call>{\"name\": \"now\", \"arguments\": {\"a\": \"ü\"}}</tool_call>\nDone <".utf8
        ).map(TokenID.init)

    /// Text with what it is, letter by letter, so that pieces can be compared however they were cut.
    private struct Letter: Equatable {
        var kind: OutputMark.Kind
        var byte: UInt8
    }

    private struct Shown: Equatable {
        var ids: [TokenID] = []
        var letters: [Letter] = []
        var calls: [ToolCallHead] = []
        var thinkingTokens: UInt32 = 0
        var end: StreamEnd?
        private var kind = OutputMark.Kind.text

        mutating func take(_ record: TokenRecord) {
            ids += record.ids
            thinkingTokens += record.thinkingTokens
            end = record.end
            for (offset, byte) in Array(record.text.utf8).enumerated() {
                enter(record.marks.filter { $0.offset == offset })
                letters.append(Letter(kind: kind, byte: byte))
            }
            enter(record.marks.filter { $0.offset == record.text.utf8.count })
        }

        private mutating func enter(_ marks: [OutputMark]) {
            for mark in marks {
                kind = mark.kind
                if case .call(let head) = kind { calls.append(head) }
            }
        }

        func text(_ wanted: (OutputMark.Kind) -> Bool) -> String {
            String(decoding: letters.filter { wanted($0.kind) }.map(\.byte), as: UTF8.self)
        }
    }

    private static func request(
        _ output: [TokenID],
        committed: [TokenID] = [],
        _ change: (inout OutputReading) -> Void = { _ in }
    ) throws -> GenerationRequest {
        let format = OutputFormat.of(template: "<think> <tool_call>") { _ in false }
        let grammar = OutputGrammar(format) { ["<think>", "</think>"].contains($0) }
        let parser = OutputParser(
            grammar,
            tools: Toolbox([["name": "now"]]),
            ids: CallIDs(format.callIDs, prefix: "call_", seed: (1, 2))
        )
        var reading = OutputReading(parser: parser, markers: [opens: "<think>", closes: "</think>"])
        reading.endOfThinking = [closes, 10]
        change(&reading)
        var request = GenerationRequest(
            job: JobID(1),
            attempt: Attempt(rawValue: committed.isEmpty ? 1 : 2),
            promptIDs: [signs.say] + output + [signs.said, 65, signs.reply],
            decoder: ByteDecoder()
        )
        request.committed = committed
        request.reading = reading
        request.sampling.temperature = 0
        return request
    }

    private static func records(
        _ request: GenerationRequest,
        _ speculation: Speculation.Source = .off
    ) -> [TokenRecord] {
        var limits = EngineLimits()
        limits.speculation.source = speculation
        var engine = Engine(
            model: EchoModel(signs, vocabularySize: 310),
            endTokens: [signs.end],
            limits: limits
        )
        engine.submit(request)
        var records: [TokenRecord] = []
        while engine.hasWork { records += engine.step(at: .zero) }
        return records
    }

    private static func shown(_ records: [TokenRecord]) -> Shown {
        records.reduce(into: Shown()) { $0.take($1) }
    }

    @Test func `is told as thought, text and call`() throws {
        let shown = Self.shown(Self.records(try Self.request(Self.output)))
        #expect(shown.ids == Self.output + [Self.signs.end])
        #expect(shown.text { $0 == .thinking } == "Hm, é?")
        #expect(shown.text { $0 == .text } == "I look.Done <")
        #expect(shown.text { if case .call = $0 { true } else { false } } == #"{"a":"ü"}"#)
        #expect(shown.calls.map(\.name) == ["now"])
        // The markers are thought too.
        #expect(shown.thinkingTokens == 2 + UInt32("Hm, é?".utf8.count))
        #expect(shown.end == .stop(sequence: nil))
    }

    @Test func `is told the same when another attempt goes on anywhere`() throws {
        let whole = Self.records(try Self.request(Self.output))
        let expected = Self.shown(whole)
        for count in 1..<expected.ids.count {
            var shown = Shown()
            for record in whole where record.nextPosition <= count { shown.take(record) }
            let rest = try Self.request(Self.output, committed: Array(expected.ids[..<count]))
            for record in Self.records(rest) { shown.take(record) }
            #expect(shown == expected, "from \(count)")
        }
    }

    @Test func `is told the same when tokens are guessed ahead`() throws {
        let expected = Self.shown(Self.records(try Self.request(Self.output)))
        #expect(Self.shown(Self.records(try Self.request(Self.output), .lookup)) == expected)
    }

    @Test(arguments: [0, 1, 4, 5, 100]) func `thinks no longer than it may`(budget: Int) throws {
        let limited = { (reading: inout OutputReading) in reading.thinkingBudget = budget }
        let whole = Self.records(try Self.request(Self.output, limited))
        let expected = Self.shown(whole)
        let isForced = budget < Self.output.firstIndex(of: Self.closes) ?? 0
        #expect(expected.ids.contains(10) == true)
        if isForced {
            let said = max(1, budget)
            #expect(Array(expected.ids[said..<said + 2]) == [Self.closes, 10])
            #expect(expected.thinkingTokens == UInt32(said) + 1)
        } else {
            #expect(expected.ids == Self.output + [Self.signs.end])
        }
        // What is forced is a function of the ids as well.
        for count in 1..<expected.ids.count {
            var shown = Shown()
            for record in whole where record.nextPosition <= count { shown.take(record) }
            let committed = Array(expected.ids[..<count])
            for record in Self.records(try Self.request(Self.output, committed: committed, limited)) {
                shown.take(record)
            }
            #expect(shown == expected, "from \(count)")
        }
    }

    @Test func `ends with its first call if that is enough`() throws {
        let shown = Self.shown(Self.records(try Self.request(Self.output) { $0.endsWithCall = true }))
        #expect(shown.calls.count == 1)
        #expect(shown.end == .stop(sequence: nil))
        #expect(shown.ids.last == TokenID(UInt8(ascii: "}")))
        #expect(shown.text { $0 == .text } == "I look.")
    }

    @Test func `stops at a stop string that it says, and not at one across a marker`() throws {
        var request = try Self.request(Array("a".utf8).map(TokenID.init) + [Self.opens] + [98, 99, 100])
        request.limits.stop = ["ab", "cd"]
        let shown = Self.shown(Self.records(request))
        #expect(shown.end == .stop(sequence: "cd"))
        #expect(shown.text { $0 == .text } == "a")
        #expect(shown.text { $0 == .thinking } == "b")
    }

    @Test func `leaves a character that nothing finishes in the thought in which it began`() throws {
        let output = [Self.opens, 97, 0xE4, 0xB8, Self.closes] + Array("{}".utf8).map(TokenID.init)
        let shown = Self.shown(Self.records(try Self.request(output)))
        #expect(shown.text { $0 == .thinking } == "a\u{FFFD}")
        #expect(shown.text { $0 == .text } == "{}")
    }

    @Test func `is refused if what ends its thoughts is no token`() throws {
        let request = try Self.request(Self.output) { $0.endOfThinking = [400] }
        #expect(Self.shown(Self.records(request)).end?.failure?.code == .invalidRequest)
    }
}
