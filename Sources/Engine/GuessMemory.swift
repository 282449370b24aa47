internal import Contract

/// What is known of one stream's guesses: where its text repeats itself, and how often guesses were right.
///
/// It may be lost at any time: guesses become worse then, and tokens stay what they are.
struct GuessMemory: Sendable {
    /// Where the guesses of the step under way came from.
    enum Origin {
        /// So many tokens before them agree with the place that they were found at.
        case lookup(matchCount: Int)
        case draft
    }

    /// After so many steps without one a guess is tried that does not seem to pay.
    private static let stepsPerTrial = 32
    /// Streams of which the draft model knows less are not worth its passes.
    private static let leastDraftRate = 0.3

    private var lookup = PromptLookup()
    private var lookupRate = AcceptanceRate(prior: AcceptanceRate.ofLookup)
    private var draftRate = AcceptanceRate(prior: AcceptanceRate.ofDraft)
    private var origin: Origin?
    /// Steps since a guess was tried.
    private var quietSteps = 0

    /// Where the text may go on as it may go on now, see `PromptLookup.find`.
    mutating func findRepetition(in tokens: [TokenID]) -> (next: Int, matchCount: Int)? {
        lookup.take(tokens)
        return lookup.find(tokens)
    }

    /// Probability that a guess is right behind so many tokens that agree.
    func lookupProbability(matchCount: Int) -> Double { lookupRate.probability(matchCount: matchCount) }

    /// Probability that the draft model's next guess is right.
    var draftProbability: Double { draftRate.probability(matchCount: 0) }

    /// Counts a step without a guess; says whether it is time to try one all the same.
    mutating func passUp() -> Bool {
        quietSteps += 1
        return quietSteps > Self.stepsPerTrial
    }

    mutating func isWorthDrafting() -> Bool { draftProbability >= Self.leastDraftRate || passUp() }

    /// Guesses from there are tried in the step under way.
    mutating func tries(_ origin: Origin) {
        self.origin = origin
        quietSteps = 0
    }

    /// The guesses of the step have been judged.
    mutating func note(rightCount: Int, of guessCount: Int) {
        switch origin {
        case .lookup(let matchCount):
            lookupRate.note(acceptedCount: rightCount, of: guessCount, matchCount: matchCount)
        case .draft: draftRate.note(acceptedCount: rightCount, of: guessCount, matchCount: 0)
        case nil: break
        }
    }
}
