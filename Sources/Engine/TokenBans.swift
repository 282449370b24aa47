internal import Contract

/// Which tokens must not come next: a function of what was generated so far.
///
/// Costs nothing for a request that bans nothing.
struct TokenBans: Sendable {
    private let minTokens: Int
    /// What would end the generation, in ascending order.
    private let ends: [TokenID]
    private let words: [[TokenID]]

    init(limits: JobLimits, ends: Set<TokenID>, words: [[TokenID]]) {
        minTokens = Int(limits.minTokens)
        self.ends = limits.minTokens > 0 ? ends.sorted() : []
        self.words = words.filter { !$0.isEmpty }
    }

    /// Whether a generation of so many tokens may end.
    func allowsEnd(after count: Int) -> Bool { count >= minTokens }

    /// What must not follow `generated`.
    func next(after generated: ArraySlice<TokenID>) -> [TokenID] {
        guard !words.isEmpty || generated.count < minTokens else { return [] }
        var banned = generated.count < minTokens ? ends : []
        for word in words where generated.count >= word.count - 1 {
            if let last = word.last, generated.suffix(word.count - 1) == word.dropLast() {
                banned.append(last)
            }
        }
        return banned
    }
}
