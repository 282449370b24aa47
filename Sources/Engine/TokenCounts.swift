internal import Contract

/// How often a sequence has used which token, as the penalties want to know it.
///
/// Costs nothing without penalties.
struct TokenCounts: Sendable {
    /// Occurrences among the generated tokens; 0 for a token of the prompt alone.
    private(set) var generated: [TokenID: UInt32] = [:]
    private let isNeeded: Bool

    init(prompt: [TokenID], sampling: Sampling) {
        isNeeded =
            sampling.repetitionPenalty != 1 || sampling.presencePenalty != 0 || sampling.frequencyPenalty != 0
        // Repetition alone looks at the prompt.
        if sampling.repetitionPenalty != 1 {
            for id in prompt { generated[id] = 0 }
        }
    }

    mutating func note(_ id: TokenID) {
        if isNeeded { generated[id, default: 0] &+= 1 }
    }
}
