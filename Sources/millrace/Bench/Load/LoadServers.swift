import Configuration
import JSON
import Load

/// The servers that a load is put on, and how they count; one model, whichever of them answers.
struct LoadServers {
    let addresses: [LoadAddress]
    let model: String
    /// How many of its tokens a server makes of a word.
    let tokensPerWord: Double

    /// Asks the first server what it serves and how it counts.
    init(_ options: LoadBenchOptions, _ maker: PromptMaker) throws {
        let addresses = try options.urls.map { try LoadAddress(url: $0) }
        guard let first = addresses.first else { throw NoServer() }
        self.addresses = addresses
        model = try options.model ?? Self.firstModel(at: first)
        tokensPerWord = try Self.tokensPerWord(at: first, of: model, maker: maker)
    }

    func wordCount(ofTokens count: Int) -> Int { max(1, Int((Double(count) / tokensPerWord).rounded())) }

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

private struct NoServer: Error, CustomStringConvertible {
    let description = "there is no --url to put a load on"
}
