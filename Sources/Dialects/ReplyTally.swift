internal import Contract

/// What has come of a request's choices so far: the part of reply writing that all APIs share.
///
/// Only the first end of a choice and the first opening of a choice count; a second attempt opens its stream
/// again.
struct ReplyTally: Sendable {
    struct Choice: Sendable {
        var opening: StreamOpening?
        var tokenCount: UInt64 = 0
        var thinkingTokenCount: UInt64 = 0
        var hasCalls = false
        var end: StreamEnd?
    }

    private(set) var choices: [Choice]
    /// A record has come.
    private(set) var hasBegun = false
    private(set) var state = ReplyState.running
    let streams: Bool
    private let choicesPerPrompt: Int
    private var openCount: Int

    init(_ shape: ReplyShape) {
        streams = shape.streams
        choicesPerPrompt = shape.choicesPerPrompt
        openCount = shape.promptCount * shape.choicesPerPrompt
        choices = Array(repeating: Choice(), count: openCount)
    }

    func takes(_ choice: Int) -> Bool { state == .running && choices[choice].end == nil }

    /// Counts a record of a choice that is still taking some.
    ///
    /// A choice that breaks takes the whole reply with it.
    mutating func count(_ record: TokenRecord, choice: Int) {
        hasBegun = true
        if choices[choice].opening == nil { choices[choice].opening = record.opening }
        choices[choice].tokenCount += UInt64(record.pickedCount)
        choices[choice].thinkingTokenCount += UInt64(record.thinkingTokens)
        for case .call in record.marks.map(\.kind) { choices[choice].hasCalls = true }
        guard let end = record.end else { return }
        choices[choice].end = end
        switch end {
        case .stop, .length:
            openCount -= 1
            if openCount == 0 { state = .complete }
        case .cancelled: state = .failed(DialectError(.cancelled, "the request was cancelled"))
        case .failed(let failure): state = .failed(DialectError(failure))
        }
    }

    mutating func fail(_ error: DialectError) { if state == .running { state = .failed(error) } }

    /// What the whole request has cost so far.
    ///
    /// Each prompt counts once however many choices were made of it, and as cached only as far as the
    /// luckiest of them did not find its siblings' work: the smallest figure of the prompt's choices.
    var usage: ReplyUsage {
        var usage = ReplyUsage()
        for first in stride(from: 0, to: choices.count, by: choicesPerPrompt) {
            let openings = choices[first..<first + choicesPerPrompt].compactMap(\.opening)
            let prompt = openings.first?.promptTokens ?? 0
            usage.promptTokens += UInt64(prompt)
            usage.cachedTokens += UInt64(min(prompt, openings.map(\.cachedTokens).min() ?? 0))
        }
        for choice in choices {
            usage.completionTokens += choice.tokenCount
            usage.thinkingTokens += min(choice.tokenCount, choice.thinkingTokenCount)
        }
        return usage
    }
}

/// What a request cost, in tokens.
struct ReplyUsage: Sendable {
    var promptTokens: UInt64 = 0
    /// Those of `promptTokens` that were not computed for this request.
    var cachedTokens: UInt64 = 0
    var completionTokens: UInt64 = 0
    /// Those of `completionTokens` that were thought.
    var thinkingTokens: UInt64 = 0
}
