import Contract
import Engine
import JSON
import ModelFiles
import TestSupport
import Testing
import Tokenizer
import Transformer

@Suite(
    .enabled(
        if: SharedFixtures.has("models/llama3-tiny/expected.json"),
        "needs the models of the shared fixtures"
    )
)
struct `An engine with a real model` {
    /// Twice what logits may differ from the reference by: a smaller margin says nothing about the next
    /// token.
    private static let margin = 2e-4 * 2

    @Test(arguments: ["llama3-tiny", "qwen3-tiny"], [1, 2])
    func `says what the reference says`(name: String, threads: Int) throws {
        let fixture = try Model(name, threads: threads)
        for (chunk, sequences) in [(0, 1), (16, 8)] {
            var limits = EngineLimits()
            (limits.chunkRows, limits.sequences) = (chunk, sequences)
            let run = EngineRun(fixture.model, limits, label: "\(name), chunks of \(chunk)")
            for (number, prompt) in fixture.prompts.enumerated() {
                run.submit(fixture.request(number, prompt))
            }
            run.finish()
            for (number, prompt) in fixture.prompts.enumerated() {
                let outcome = run.outcome(JobID(number))
                let certain = prompt.margins.firstIndex { $0 < Self.margin } ?? prompt.greedy.count
                #expect(
                    outcome.ids.prefix(certain) == prompt.greedy.prefix(certain),
                    "\(name), \(prompt.name)"
                )
                #expect(outcome.ids.count == prompt.greedy.count)
                #expect(outcome.end == .length)
                if certain == prompt.greedy.count {
                    #expect(outcome.text == prompt.text, "\(name), \(prompt.name)")
                }
            }
        }
    }

    @Test func `draws the same tokens in any batch, chunk and memory`() throws {
        var runs: [[EngineRun.Outcome]] = []
        for (sequences, chunk, blocks) in [(1, 0, 200), (8, 7, 200), (8, 64, 24)] {
            let fixture = try Model("llama3-tiny", blocks: blocks)
            var limits = EngineLimits()
            (limits.chunkRows, limits.sequences) = (chunk, sequences)
            let run = EngineRun(fixture.model, limits, label: "\(sequences) at once")
            for (number, prompt) in fixture.prompts.enumerated() {
                var request = fixture.request(number, prompt)
                request.sampling.temperature = 1
                request.sampling.topP = 0.95
                request.sampling.seed = UInt64(number)
                run.submit(request)
            }
            run.finish()
            runs.append(fixture.prompts.indices.map { run.outcome(JobID($0)) })
            if blocks == 24 { #expect(run.counters.preemptions > 0) }
        }
        #expect(runs[1] == runs[0])
        #expect(runs[2] == runs[0])
    }

    @Test func `continues at any position`() throws {
        let fixture = try Model("llama3-tiny")
        let prompt = fixture.prompts[3]
        func run(_ request: GenerationRequest) -> EngineRun {
            let run = EngineRun(fixture.model)
            run.submit(request)
            return run
        }
        let whole = run(fixture.request(0, prompt))
        whole.finish()
        let undisturbed = whole.outcome(JobID(0))
        for position in 0...undisturbed.ids.count {
            let first = run(fixture.request(0, prompt))
            while first.outcome(JobID(0)).ids.count < position { first.step() }
            var request = fixture.request(0, prompt)
            request.committed = first.outcome(JobID(0)).ids
            let second = run(request)
            second.finish()
            let (shown, rest) = (first.outcome(JobID(0)), second.outcome(JobID(0)))
            #expect(shown.ids + rest.ids == undisturbed.ids, "from \(position)")
            #expect(shown.text + rest.text == undisturbed.text, "from \(position)")
        }
    }
}

/// One of the small models with what its reference said.
private struct Model {
    struct Prompt {
        var name: String
        var ids: [TokenID]
        var greedy: [TokenID]
        var margins: [Double]
        var text: String
    }

    let model: TransformerModel
    let tokenizer: Tokenizer
    let prompts: [Prompt]

    init(_ name: String, blocks: Int = 256, threads: Int = 1) throws {
        let source = try ModelSource(path: SharedFixtures.path("models/\(name)"))
        let options = TransformerOptions(memory: .blocks(blocks), kv: .f32, threads: threads)
        model = try TransformerModel(source: source, options: options)
        guard case .json(let document) = try source.tokenizer else {
            throw ModelFileError(name, "no tokenizer.json")
        }
        tokenizer = try Tokenizer(json: document)
        prompts = (try SharedFixtures.json("models/\(name)/expected.json")["prompts"]?.arrayValue ?? []).map {
            Prompt(
                name: $0["name"]?.stringValue ?? "",
                ids: ids($0["ids"]),
                greedy: ids($0["greedy"]),
                margins: $0["greedy_margin"]?.arrayValue?.compactMap(\.numberValue) ?? [],
                text: $0["greedy_text"]?.stringValue ?? ""
            )
        }
    }

    func request(_ number: Int, _ prompt: Prompt) -> GenerationRequest {
        let decoder = tokenizer.streamDecoder(skipSpecialTokens: false)
        var request = GenerationRequest(job: JobID(number), promptIDs: prompt.ids, decoder: decoder)
        request.sampling.temperature = 0
        request.limits.maxTokens = 32
        request.limits.ignoresEnd = true
        return request
    }
}

private func ids(_ value: JSONValue?) -> [TokenID] {
    value?.arrayValue?.compactMap { $0.integerValue.flatMap { TokenID(exactly: $0) } } ?? []
}
