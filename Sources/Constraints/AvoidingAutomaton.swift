extension CharacterAutomaton {
    /// Texts in which none of some others stands, and no character of a set.
    ///
    /// Every beginning of such a text is one, and every one can go on: so lengths may be counted beside it.
    static func avoiding(
        _ texts: [[UInt32]],
        _ refused: ScalarSet,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        let texts = texts.filter { !$0.isEmpty }
        let symbols = Set(texts.flatMap(\.self)).sorted()
        let sets = [refused] + symbols.map { ScalarSet([$0...$0]) }
        let alphabet = Alphabet(sets + [.all])
        // A class is a symbol, or refused, or anything else; the class of the surrogates is in no set.
        let kinds = alphabet.members.map { members -> Kind in
            guard let first = members.first, first != 0 else { return .refused }
            return first <= symbols.count ? .symbol(symbols[first - 1]) : .other
        }
        let explorer = StateExplorer<[UInt32]>(
            alphabet: alphabet,
            step: { held, kind in
                guard case .symbol(let symbol) = kinds[kind] else {
                    return kinds[kind] == .other ? [] : nil
                }
                // The longest end of what was read that one of the texts begins with.
                var rest = held + [symbol]
                var longest: [UInt32]?
                while !rest.isEmpty {
                    if texts.contains(rest) { return nil }
                    if longest == nil, texts.contains(where: { $0.starts(with: rest) }) { longest = rest }
                    rest.removeFirst()
                }
                return longest ?? []
            },
            accepts: { _ in true }
        )
        return try explorer.explore(from: [], &budget)
    }

    private enum Kind: Hashable {
        case refused
        case symbol(UInt32)
        case other
    }
}
