import Constraints
import Contract
import Engine
import JSON
import KVCache
import TestSupport
import Testing
import Transformer

@Suite struct `A constrained generation` {
    private static let shape: ScriptedModel.Shape = {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = 4
        shape.tokensPerEnd = 9
        shape.period = 11
        return shape
    }()

    private static let trie = TokenTrie(tokenCount: 257) { ($0 < 256 ? [UInt8($0)] : [], isMark: $0 >= 256) }

    private static let schema = """
        {"type":"object","properties":{"name":{"type":"string","maxLength":12},"tags":{"type":"array",
        "items":{"enum":["x","yy"]},"minItems":1,"maxItems":3},
        "n":{"type":"integer","minimum":-5,"maximum":5000}},
        "required":["name","tags","n"],"additionalProperties":false}
        """

    private static func constraint(
        _ kind: OutputConstraint.Kind,
        _ source: String
    ) throws -> TokenConstraint {
        TokenConstraint(try CompiledConstraint(OutputConstraint(kind, source)), trie)
    }

    /// Under several constraints, with every kind of state that a constraint has to get along with.
    private static func requests(_ count: Int) throws -> [GenerationRequest] {
        let constraints = [
            try constraint(.schema, schema), try constraint(.regex, "([a-f]{2,5} )*end"), nil,
            try constraint(.grammar, "root ::= \"(\" root* \")\" | [a-z]{1,3}"),
        ]
        return (0..<count).map { number in
            request(number, promptCount: 1 + number * 17 % 60, maxTokens: 120) {
                $0.constraint = constraints[number % constraints.count]
                $0.sampling.temperature = number % 3 == 0 ? 0 : 1.5
                $0.sampling.seed = UInt64(number)
                $0.sampling.bias = number % 2 == 0 ? [TokenBias(token: 0x7A, bias: 100)] : []
                $0.sampling.repetitionPenalty = number % 5 == 0 ? 1.2 : 1
                $0.limits.ignoresEnd = number % 7 == 0
            }
        }
    }

    @Test(arguments: [1, 3, 16], [Speculation.Source.off, .lookup])
    func `is the same in any batch and however it is guessed`(
        batch: Int,
        source: Speculation.Source
    ) throws {
        let requests = try Self.requests(16)
        var limits = EngineLimits()
        limits.sequences = batch
        limits.speculation.source = source
        let run = EngineRun(ScriptedModel(Self.shape), limits, label: "batch \(batch), \(source)")
        for request in requests { run.submit(request) }
        run.finish()
        for request in requests {
            #expect(run.outcome(request.job) == EngineRun.alone(request, Self.shape), "\(request.job)")
        }
    }

    @Test func `leaves to the model what is up to it`() throws {
        let constraint = try Self.constraint(.regex, "[A-Z]+x|[a-z]+y")
        let own = Set(65...90 as ClosedRange<TokenID>)
        var chosen = 0
        for number in 0..<60 {
            let model = ScriptedModel(Self.shape)
            let plain = request(number, promptCount: 12, maxTokens: 1)
            let span = ForwardInput.Span(
                rowCount: 12,
                computed: 0,
                blocks: (0..<3).map { .init(rawValue: $0) },
                wanted: .last
            )
            var row: [Float] = []
            try model.forward(ForwardInput(tokens: plain.promptIDs, spans: [span]), into: &row)
            let best = try #require(row.indices.max { (row[$0], $1) < (row[$1], $0) })
            let isOwn = own.contains(TokenID(best))
            if isOwn { chosen += 1 }
            for temperature in [0, 2] as [Float] {
                func asked(behind marker: TokenID?) -> GenerationRequest {
                    request(number, promptCount: 12, maxTokens: 1) {
                        $0.constraint = constraint
                        $0.ownChoice = OwnChoice(own, behind: marker)
                        $0.sampling.temperature = temperature
                    }
                }
                let first = EngineRun.alone(asked(behind: nil), Self.shape).ids.first
                if temperature == 0, isOwn { #expect(first == TokenID(best)) }
                if !isOwn { #expect(first.map { !own.contains($0) } ?? false) }
                // Behind another token it is the constraint's business alone.
                let elsewhere = EngineRun.alone(asked(behind: 255), Self.shape).ids
                var free = asked(behind: nil)
                free.ownChoice = nil
                #expect(elsewhere == EngineRun.alone(free, Self.shape).ids)
            }
        }
        #expect((1..<60).contains(chosen))
    }

    @Test func `is the same when memory is short and work is redone`() throws {
        let requests = try Self.requests(16)
        var shape = Self.shape
        shape.blockCount = 60
        let run = EngineRun(ScriptedModel(shape))
        for request in requests { run.submit(request) }
        run.finish()
        for request in requests {
            #expect(run.outcome(request.job) == EngineRun.alone(request, Self.shape), "\(request.job)")
        }
        #expect(run.counters.preemptions > 0)
    }

    @Test(arguments: [0, 1, 4, 7]) func `is the same when another attempt continues it`(number: Int) throws {
        let whole = try Self.requests(8)[number]
        let undisturbed = EngineRun.alone(whole, Self.shape)
        for position in 0...undisturbed.ids.count {
            var rest = whole
            rest.attempt = Attempt.first.next
            rest.committed = Array(undisturbed.ids.prefix(position))
            let continued = EngineRun.alone(rest, Self.shape)
            #expect(rest.committed + continued.ids == undisturbed.ids, "from \(position)")
            #expect(continued.end == undisturbed.end, "from \(position)")
        }
    }

    @Test func `satisfies its schema and ends where it is complete`() throws {
        let constraint = try Self.constraint(.schema, Self.schema)
        for seed in 0..<20 as Range<UInt64> {
            let outcome = EngineRun.alone(
                request(1, maxTokens: 400) {
                    $0.constraint = constraint
                    $0.sampling.temperature = 1.5
                    $0.sampling.seed = seed
                },
                Self.shape
            )
            #expect(outcome.end == .stop(sequence: nil), "seed \(seed): \(outcome)")
            let value = try JSONValue(parsing: outcome.text)
            #expect(value["n"]?.integerValue.map { (-5...5000).contains($0) } == true, "seed \(seed)")
            #expect(outcome.ids.last == TokenID(UInt8(ascii: "}")), "seed \(seed): no end token is needed")
        }
    }

    @Test func `is cut by its limit like any other`() throws {
        let constraint = try Self.constraint(.schema, Self.schema)
        let outcome = EngineRun.alone(request(1, maxTokens: 5) { $0.constraint = constraint }, Self.shape)
        #expect(outcome.end == .length)
        #expect(outcome.ids.count == 5)
    }

    @Test func `is free until its mark`() throws {
        var free = Self.shape
        free.alphabet = 97...98
        let outline = Outline.sequence([
            .free(besides: [Array("ab".utf8)]), .text("ab"), .pattern("one|two"),
        ])
        let constraint = TokenConstraint(try CompiledConstraint(OutlineRules([outline])), Self.trie)
        let outcome = EngineRun.alone(request(3, maxTokens: 500) { $0.constraint = constraint }, free)
        let parts = try #require(outcome.text.range(of: "ab"))
        #expect(["one", "two"].contains(String(outcome.text[parts.upperBound...])), "\(outcome.text)")
        #expect(outcome.end == .stop(sequence: nil))
    }

    @Test func `ends before its least length where nothing else may come`() throws {
        // No token of this vocabulary goes on with what the constraint would still take.
        let trie = TokenTrie(tokenCount: 257) { id in
            (id < 256 && id != 0x62 ? [UInt8(id)] : [], isMark: id >= 256)
        }
        let compiled = try CompiledConstraint(OutputConstraint(.regex, "ab?"))
        let outcome = EngineRun.alone(
            request(3, maxTokens: 20) {
                $0.constraint = TokenConstraint(compiled, trie)
                $0.limits.minTokens = 10
                $0.limits.stopTokens = [256]
            },
            Self.shape
        )
        #expect(outcome.text == "a")
        #expect(outcome.end == .stop(sequence: nil))
    }

    @Test func `that cannot be continued fails alone`() throws {
        let run = EngineRun(ScriptedModel(Self.shape))
        let broken = try Self.constraint(.choice, #"["one"]"#)
        run.submit(
            request(1) {
                $0.constraint = broken; $0.committed = [0x7A]
            }
        )
        run.submit(request(2))
        run.finish()
        #expect(run.outcome(JobID(1)).end?.failure?.code == .engineFailed)
        #expect(run.outcome(JobID(2)).end == .length || run.outcome(JobID(2)).end == .stop(sequence: nil))
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        indices.lazy.compactMap { start in
            self[start...].hasPrefix(text) ? start..<self.index(start, offsetBy: text.count) : nil
        }.first
    }
}
