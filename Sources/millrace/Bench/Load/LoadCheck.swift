import JSON
import Load

/// Holds every answer against the first one to the same request.
struct LoadCheck {
    private struct Answer: Equatable {
        var text: String
        var finishReason: String?
        var tokenCount: Int
    }

    private var first: [String: Answer] = [:]
    /// Answers that had an earlier one to be compared with.
    private(set) var comparedCount = 0
    /// What was different, each in a sentence.
    private(set) var differences: [String] = []

    mutating func take(_ ask: LoadAsk, _ figures: StreamFigures) {
        guard figures.fault == nil else { return }
        let answer = Answer(
            text: figures.text,
            finishReason: figures.finishReason,
            tokenCount: figures.completionTokens
        )
        guard let known = first[ask.body.description] else {
            first[ask.body.description] = answer
            return
        }
        comparedCount += 1
        guard answer != known else { return }
        let same = zip(answer.text, known.text).prefix { $0 == $1 }.count
        differences.append(
            """
            a request (\(ask.kind)) was answered with \(answer.tokenCount) tokens after \
            \(known.tokenCount) the first time, and the texts part at character \(same)
            """
        )
    }
}
