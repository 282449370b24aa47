internal import Contract

/// What one step computes: rows per sequence, in the order of urgency.
struct StepPlan {
    struct Share: Equatable {
        /// Index into the batch; valid until the batch changes.
        var index: Int
        /// Rows in all: known tokens and, behind the last of them, guesses.
        var rowCount: Int
        /// Where the guesses are in `guesses`.
        var guessed = 0..<0
        /// Whether every row says how likely a token of the prompt is.
        var isScored = false

        /// Whether the logits of all rows are wanted.
        var wantsAll: Bool { isScored || !guessed.isEmpty }
        /// Rows of tokens that are known.
        var knownCount: Int { rowCount - guessed.count }
    }

    /// Written by the planner and, for the guesses, by the speculator; read by `Engine`.
    var shares: [Share] = []
    /// Guesses of all shares, one behind the other.
    ///
    /// Written by the speculator, read by `Engine`.
    var guesses: [TokenID] = []
    /// Written by the planner and the speculator, read by the pacer once the step was timed.
    var size = StepSize()

    mutating func clear() {
        shares.removeAll(keepingCapacity: true)
        guesses.removeAll(keepingCapacity: true)
        size = StepSize()
    }
}
