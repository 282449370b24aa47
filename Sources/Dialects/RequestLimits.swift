internal import JSON

/// What a request may hold at most; the one table of this target.
enum RequestLimits {
    /// Below what JSON readers of the fleet allow: a tool of Anthropic's form moves one level down when it is
    /// rewritten in OpenAI's, and gains members.
    ///
    /// Room for a prompt of half a million token ids, and for a thousand tools.
    static let body = JSONLimits(
        depth: JSONLimits.request.depth - 1,
        bytes: JSONLimits.request.bytes,
        values: 1 << 20,
        members: 1 << 17
    )
    /// A tool call's arguments sit inside six levels of the chat context.
    static let toolArguments = JSONLimits(
        depth: JSONLimits.request.depth - 6,
        bytes: JSONLimits.request.bytes,
        values: 1 << 16,
        members: 1 << 13
    )
    static let messageCount = 4096
    static let toolCount = 1024
    static let toolNameBytes = 128
    /// Of an item of a response.
    static let itemIDBytes = 256
    static let metadataCount = 16
    static let metadataKeyCodePoints = 64
    static let metadataCodePoints = 512
    /// Items of a page.
    static let itemPage: ClosedRange<Int64> = 1...100
    static let thinkingTokens: ClosedRange<Int64> = 0...Int64(Int32.max)
    /// Where thinking was switched on.
    static let thinkingTokensIfEnabled: ClosedRange<Int64> = 1...Int64(Int32.max)
    static let choices: ClosedRange<Int64> = 1...16
    static let promptCount = 128
    /// Texts to embed, or documents to rank.
    static let inputCount = 2048
    static let dimensions: ClosedRange<Int64> = 1...65_536
    static let topCount: ClosedRange<Int64> = 1...Int64(Int32.max)
    static let maxTokens: ClosedRange<Int64> = 1...Int64(Int32.max)
    /// Of a plain completion, where the prompt may be all that is wanted.
    static let maxTokensOrNone: ClosedRange<Int64> = 0...Int64(Int32.max)
    static let minTokens: ClosedRange<Int64> = 0...Int64(Int32.max)
    static let topK: ClosedRange<Int64> = -1...Int64(Int32.max)
    static let priority: ClosedRange<Int64> = Int64(Int32.min)...Int64(Int32.max)
    /// Of a request's `cache_salt`.
    static let saltBytes = 1024
    static let logprobs: ClosedRange<Int64> = 0...20
    static let allowedTokenCount = 4096
    static let badWordCount = 128
    static let openAIStopCount = 4
    static let anthropicStopCount = 64
    /// Of a stop text, and of a bad word.
    static let stopBytes = 1024
    static let stopTokenCount = 128
    static let constraintChoices = 4096
    static let volatileRules = 64
    /// Of a rule's pattern, and of what replaces it.
    static let volatilePatternBytes = 1024
    /// Of all replacements in one text.
    static let volatileGrowthBytes = 4 << 20
    static let biasCount = 1024
    /// The digits of the highest token id.
    static let biasKeyBytes = 10
    static let bias: ClosedRange<Double> = -100...100
    static let openAITemperature: ClosedRange<Double> = 0...2
    static let anthropicTemperature: ClosedRange<Double> = 0...1
    static let share: ClosedRange<Double> = 0...1
    static let penalty: ClosedRange<Double> = -2...2
    static let repetitionPenalty: ClosedRange<Double> = 0.01...10
    static let timeoutMilliseconds: ClosedRange<Int64> = 1...86_400_000
    static let modelNameBytes = 256
    /// As many as an error names.
    static let listedModels = 20
    static let modelPage: ClosedRange<Int64> = 1...1000
    /// As much of a wrong value as an error repeats.
    static let quotedCodePoints = 64
}
