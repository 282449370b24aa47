internal import Contract

/// How far the tokens of a prompt have been told, for a client that wants to know how likely they were.
///
/// - The row of a token says how likely the next one is, so the first token has no likelihood, and all rows
///   that have not been told yet have to be computed: none of them is taken from what others computed.
/// - It is a function of the prompt and of how many of its tokens were told, so that another worker goes on
///   behind the last one that was.
struct PromptScore: Sendable {
    /// Tokens to name beside each.
    let topCount: Int
    private let showsText: Bool
    private let promptCount: Int
    private var decoder: any TextDecoding
    /// Tokens that were told.
    private(set) var told = 0
    /// Characters of their text.
    private(set) var characterCount = 0

    /// Nil where nobody asks.
    init?(_ request: GenerationRequest) {
        guard let topCount = request.output.promptLogprobs, request.spelling != nil else { return nil }
        self.topCount = min(Int(topCount), LikelyToken.countLimit)
        showsText = request.output.echoesPrompt
        promptCount = request.promptIDs.count
        decoder = request.decoder
        for id in request.promptIDs.prefix(request.committed.count) { _ = text(of: id) }
    }

    var isWhole: Bool { told == promptCount }
    /// Rows whose results are no longer wanted.
    var knownRows: Int { max(0, told - 1) }

    /// Counts the next token as told; returns the text that is shown for it.
    ///
    /// The last one brings what is left of a character.
    mutating func text(of id: TokenID) -> String {
        told += 1
        var text = decoder.push(id)
        if isWhole { text += decoder.flush() }
        characterCount += text.unicodeScalars.count
        return showsText ? text : ""
    }
}
