import Configuration
import Contract
import EventLoop
import JSON
import Load

/// The requests of a load, made for one server.
struct LoadPrompts {
    let address: LoadAddress
    let model: String
    /// How many of its tokens the server makes of a word.
    private let tokensPerWord: Double
    private let options: LoadBenchOptions
    private let maker: PromptMaker
    private var promptCount = 0

    /// Asks the server what it serves and how it counts.
    init(_ options: LoadBenchOptions) throws {
        self.options = options
        let address = try LoadAddress(url: options.url)
        self.address = address
        let seed = options.seed.map { UInt64($0) } ?? UInt64(EventLoop.monotonicNow().microseconds)
        maker = PromptMaker(seed: seed)
        model = try options.model ?? Self.firstModel(at: address)
        tokensPerWord = try Self.tokensPerWord(at: address, of: model, maker: maker)
    }

    mutating func next() -> LoadRequest {
        promptCount += 1
        let wordCount = max(1, Int((Double(options.promptTokenCount) / tokensPerWord).rounded()))
        let body: JSONValue = [
            "model": .string(model),
            "prompt": .string(
                maker.prompt(
                    number: promptCount,
                    wordCount: wordCount,
                    sharedWordCount: wordCount * options.sharedPercent / 100
                )
            ),
            "max_tokens": .integer(Int64(options.maxTokenCount)), "temperature": 0, "stream": true,
            "stream_options": ["include_usage": true], "ignore_eos": true,
        ]
        return LoadRequest(post: address.path(of: "/v1/completions"), json: body.description, to: address)
    }

    private static func firstModel(at address: LoadAddress) throws -> String {
        let request = LoadRequest(get: address.path(of: "/v1/models"), from: address)
        let reply = try JSONValue(parsing: try LoadProbe.body(of: request, at: address))
        let first = reply.objectValue?["data"]?.arrayValue?.first?.objectValue
        guard let name = first?["id"]?.stringValue else { throw NoModel() }
        return name
    }

    /// Counted on a prompt long enough that special tokens do not matter; a guess where the server does not
    /// count.
    private static func tokensPerWord(
        at address: LoadAddress,
        of model: String,
        maker: PromptMaker
    ) throws -> Double {
        let wordCount = 100
        let prompt = maker.prompt(number: 0, wordCount: wordCount, sharedWordCount: 0)
        let body: JSONValue = [
            "model": .string(model), "prompt": .string(prompt), "max_tokens": 1, "temperature": 0,
        ]
        let path = address.path(of: "/v1/completions")
        let request = LoadRequest(post: path, json: body.description, to: address)
        let reply = try JSONValue(parsing: try LoadProbe.body(of: request, at: address))
        let usage = reply.objectValue?["usage"]?.objectValue
        guard let count = usage?["prompt_tokens"]?.integerValue, count > 0 else { return 2 }
        return Double(count) / Double(wordCount)
    }
}

private struct NoModel: Error, CustomStringConvertible {
    let description = "the server lists no model at /v1/models; name one with --model"
}
