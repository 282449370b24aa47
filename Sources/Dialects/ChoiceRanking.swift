internal import Contract

/// Which of a prompt's choices are shown: all, or the best where more were made than asked for.
///
/// The best is the one whose tokens were the likeliest on the average; of equal ones the one that was made
/// first.
struct ChoiceRanking: Sendable {
    private struct Score: Sendable {
        var sum = 0.0
        var count = 0

        var mean: Double { count == 0 ? 0 : sum / Double(count) }
    }

    private var scores: [Score]
    private let perPrompt: Int
    private let shownPerPrompt: Int

    init(_ shape: ReplyShape) {
        perPrompt = shape.choicesPerPrompt
        shownPerPrompt = shape.shownPerPrompt ?? shape.choicesPerPrompt
        scores = Array(repeating: Score(), count: shape.promptCount * shape.choicesPerPrompt)
    }

    mutating func note(_ record: TokenRecord, _ choice: Int) {
        guard !record.isPrompt else { return }
        for token in record.logprobs {
            scores[choice].sum += Double(token.token.logprob)
            scores[choice].count += 1
        }
    }

    /// The choices to show, prompt after prompt; in the order in which they were made unless some are left
    /// out.
    var shown: [Int] {
        guard shownPerPrompt < perPrompt else { return Array(scores.indices) }
        return stride(from: 0, to: scores.count, by: perPrompt).flatMap { first in
            (first..<first + perPrompt)
                .sorted { (-scores[$0].mean, $0) < (-scores[$1].mean, $1) }
                .prefix(shownPerPrompt)
        }
    }
}
