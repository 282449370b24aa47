/// Makes the smallest automaton of some texts, text by text in their order.
///
/// What follows a beginning is settled as soon as a text comes that does not begin so, and equal ends are one
/// (Daciuk, Mihov, Watson, Watson, Computational Linguistics 26/1, 2000): a thousand texts that end alike
/// share their ends, and no tree of all of them is ever held.
private struct WordAutomaton {
    /// A state: where each class leads, in ascending order, and whether a text ends here.
    private struct Node: Hashable {
        /// The class in the upper half, the state in the lower.
        var edges: [UInt64] = []
        var accepts = false
    }

    private let classCount: Int
    /// The beginning of the last text: the state behind each of its characters.
    private var open = [Node()]
    private var last: [Int32] = []
    private var settled: [Node] = []
    private var numbers: [Node: Int] = [:]

    init(classCount: Int) { self.classCount = classCount }

    /// Adds a text, as classes; it comes behind all that were added.
    mutating func add(_ word: [Int32], _ budget: inout StepBudget) throws(ConstraintError) {
        let common = zip(word, last).prefix { $0 == $1 }.count
        try close(to: common, &budget)
        for _ in word[common...] { open.append(Node()) }
        open[open.count - 1].accepts = true
        last = word
    }

    private mutating func close(to depth: Int, _ budget: inout StepBudget) throws(ConstraintError) {
        while open.count - 1 > depth {
            let number = try settle(open.removeLast(), &budget)
            open[open.count - 1].edges.append(UInt64(last[open.count - 1]) << 32 | UInt64(number))
        }
    }

    private mutating func settle(_ node: Node, _ budget: inout StepBudget) throws(ConstraintError) -> Int {
        try budget.spend(2 + node.edges.count)
        if let number = numbers[node] { return number }
        settled.append(node)
        numbers[node] = settled.count - 1
        guard settled.count <= ConstraintLimits.characterStates,
            settled.count * classCount <= ConstraintLimits.characterTransitions
        else {
            throw .tooLarge("the listed texts need more than \(ConstraintLimits.characterStates) states")
        }
        return settled.count - 1
    }

    /// The automaton of all that was added.
    consuming func finish(
        _ alphabet: Alphabet,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        try close(to: 0, &budget)
        _ = try settle(open[0], &budget)
        // A row is only written, many classes at a time.
        try budget.spend(settled.count * (1 + classCount / 16))
        // The last one that was settled is the start, which comes first.
        let top = settled.count - 1
        var next = Array(repeating: CharacterAutomaton.dead, count: settled.count * classCount)
        for (number, node) in settled.enumerated() {
            for edge in node.edges {
                next[(top - number) * classCount + Int(edge >> 32)] = Int32(top - Int(edge & 0xFFFF_FFFF))
            }
        }
        return CharacterAutomaton(alphabet: alphabet, next: next, accepts: settled.reversed().map(\.accepts))
    }
}

extension CharacterAutomaton {
    /// Exactly these texts.
    static func texts(
        _ texts: [String],
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        guard !texts.isEmpty else { return .nothing }
        return try words(texts, besides: [], &budget).automaton
    }

    /// Every text but these, without the characters of a set.
    static func anything(
        but texts: [String],
        without refused: ScalarSet,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        // The characters of a text have sets in front of these two.
        let (words, alphabet, symbolCount) = try words(texts, besides: [.all, refused], &budget)
        let isRefused = alphabet.members.map { !$0.contains(symbolCount) || $0.contains(symbolCount + 1) }
        let rest = Int32(words.stateCount)
        var next: [Int32] = []
        next.reserveCapacity((words.stateCount + 1) * words.classCount)
        for place in words.next.indices {
            let target = words.next[place]
            next.append(isRefused[place % words.classCount] ? dead : target == dead ? rest : target)
        }
        for kind in 0..<words.classCount { next.append(isRefused[kind] ? dead : rest) }
        return CharacterAutomaton(alphabet: alphabet, next: next, accepts: words.accepts.map { !$0 } + [true])
    }

    /// The same with more classes: a character's tells which of some other sets it is in.
    private static func words(
        _ texts: [String],
        besides others: [ScalarSet],
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> (automaton: CharacterAutomaton, alphabet: Alphabet, symbolCount: Int) {
        let words = texts.map { $0.unicodeScalars.map(\.value) }
        try budget.spend(words.reduce(0) { $0 + $1.count })
        let symbols = Set(words.flatMap(\.self)).sorted()
        let alphabet = Alphabet(symbols.map { ScalarSet([$0...$0]) } + others)
        var classes: [UInt32: Int32] = [:]
        for (kind, members) in alphabet.members.enumerated() {
            if let symbol = members.first, symbol < symbols.count { classes[symbols[symbol]] = Int32(kind) }
        }
        var sorted = words.map { word in word.map { classes[$0] ?? 0 } }
        sorted.sort { $0.lexicographicallyPrecedes($1) }
        var automaton = WordAutomaton(classCount: alphabet.classCount)
        for word in sorted { try automaton.add(word, &budget) }
        return (try automaton.finish(alphabet, &budget), alphabet, symbols.count)
    }
}
