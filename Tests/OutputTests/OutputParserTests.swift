import JSON
import Output
import TestSupport
import Testing

@Suite struct `An output` {
    @Test(arguments: Sample.all)
    func `means what its family means by it`(sample: Sample) throws {
        let told = try sample.events(cutAt: []).told
        #expect(told == sample.told)
    }

    @Test(arguments: Sample.all)
    func `means the same wherever it is cut`(sample: Sample) throws {
        let whole = try sample.events(cutAt: [])
        let count = sample.units(of: sample.output).count
        for cut in 0..<count {
            #expect(try sample.events(cutAt: [cut]) == whole, "cut at \(cut)")
        }
        #expect(try sample.events(cutAt: Set(0..<count)) == whole, "cut everywhere")
    }

    @Test(arguments: Sample.all)
    func `has arguments that are the beginning of an object at any time`(sample: Sample) throws {
        let whole = try sample.events(cutAt: []).told
        for case .call(let name, let arguments) in whole {
            let parsed = try? JSONValue(parsing: arguments)
            #expect(
                parsed?.objectValue != nil || sample.title.contains("cut") || sample.title.contains("wrong"),
                "\(name): \(arguments)"
            )
        }
    }

    @Test(arguments: Sample.all)
    func `ends every call that it begins, and nothing else`(sample: Sample) throws {
        var isOpen = false
        var count = 0
        for event in try sample.events(cutAt: []) {
            switch event {
            case .callBegan(let index, _, _):
                #expect(!isOpen && index == count)
                isOpen = true
            case .callEnded:
                #expect(isOpen)
                isOpen = false
                count += 1
            case .arguments: #expect(isOpen)
            case .text, .thinking: #expect(!isOpen)
            }
        }
        #expect(!isOpen)
    }

    /// Whatever the model says, no byte of an answer without markers is lost.
    @Test(arguments: OutputFormat.all.map(\.name), 0..<20)
    func `is told whole where nothing in it is a call`(format: String, seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let words = [
            "[", "]", "{", "\"name\"", ":", " ", "f", "(", "<", "tool", "_call", ">", "`", "é", "}", "<｜",
            "x",
        ]
        let text = "." + (0..<60).map { _ in words.randomElement(using: &random) ?? "" }.joined() + "."
        let sample = Sample(title: "random", format: format, output: text, told: [.text(text)])
        #expect(try sample.events(cutAt: []).told == [.text(text)], "seed \(seed)")
    }

    /// Pieces of all samples in any order: no trap, no half character, the same however it is cut.
    @Test(arguments: OutputFormat.all.map(\.name), 0..<30)
    func `may be anything`(format: String, seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed) &+ 1000)
        let own = Sample.all.filter { $0.format == format }
        let specials = own.flatMap(\.specials)
        var text = ""
        for _ in 0..<8 {
            let source = Array((own.randomElement(using: &random) ?? Sample.hermes[0]).output)
            let start = Int.random(in: 0..<source.count, using: &random)
            let end = Int.random(in: start..<source.count, using: &random)
            text += String(source[start...end])
        }
        let sample = Sample(title: "random", format: format, specials: specials, output: text, told: [])
        let whole = try sample.events(cutAt: [])
        let count = sample.units(of: text).count
        #expect(try sample.events(cutAt: Set(0..<count)) == whole, "seed \(seed): \(text)")
    }

    @Test func `holds back nothing that cannot become a marker`() throws {
        var parser = try Sample(title: "", format: "hermes", output: "", told: []).parser()
        parser.push("a <")
        #expect(parser.take() == [.text("a")])
        parser.push("b")
        #expect(parser.take() == [.text(" <b")])
        parser.push("<tool_cal")
        #expect(parser.take() == [] && parser.isHolding)
        parser.push("m")
        #expect(parser.take() == [.text("<tool_calm")])
    }

    @Test func `tells arguments as they come`() throws {
        var parser = try Sample(title: "", format: "hermes", output: "", told: []).parser()
        parser.push(#"<tool_call>{"name": "search", "arguments": {"query": "ab"#)
        let began = parser.take()
        #expect(began.last == .arguments(#"{"query":"ab"#))
        guard case .callBegan(0, let id, "search") = began.first else {
            Issue.record("\(began)")
            return
        }
        #expect(id.hasPrefix("call_") && id.count == 29)
        parser.push("c")
        #expect(parser.take() == [.arguments("c")])
        #expect(parser.callCount == 0)
        parser.push(#""}}"#)
        #expect(parser.take() == [.arguments(#""}"#), .callEnded])
        #expect(parser.callCount == 1)
    }

    @Test func `knows while it is thinking`() throws {
        var parser = try Sample(title: "", format: "hermes", output: "", told: []).parser()
        #expect(!parser.isThinking)
        parser.push("<think>")
        #expect(parser.isThinking)
        parser.push("x</think>")
        #expect(!parser.isThinking)
    }
}

@Suite struct `The id of a call` {
    @Test func `is what the family wants, and the same for the same job`() throws {
        let ids = { (rule: CallIDs.Rule, low: UInt64) in
            var parser = OutputParser(
                OutputGrammar(try #require(OutputFormat.named("kimi"))) { _ in false },
                tools: Toolbox(Sample.tools),
                ids: CallIDs(rule, prefix: "toolu_", seed: (7, low))
            )
            parser.push("<|tool_calls_section_begin|>")
            for name in ["functions.now:8", "now"] {
                parser.push("<|tool_call_begin|>\(name)<|tool_call_argument_begin|>{}<|tool_call_end|>")
            }
            return parser.finish().compactMap { if case .callBegan(_, let id, _) = $0 { id } else { nil } }
        }
        #expect(try ids(.counted, 1) == ["functions.now:8", "functions.now:1"])
        let prefixed = try ids(.prefixed, 1)
        #expect(Set(prefixed).count == 2 && prefixed.allSatisfy { $0.hasPrefix("toolu_") })
        #expect(try ids(.prefixed, 1) == prefixed)
        #expect(try Set(ids(.prefixed, 2)).isDisjoint(with: prefixed))
        for id in try ids(.nineCharacters, 1) {
            #expect(id.count == 9 && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        }
    }
}
