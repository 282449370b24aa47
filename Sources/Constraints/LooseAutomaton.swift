/// A regex as an automaton that may be in several states at once, on its way to a `CharacterAutomaton`.
struct LooseAutomaton {
    private enum Edge {
        case free(to: Int)
        /// Open only where the text begins.
        case atStart(to: Int)
        /// Open only where it ends.
        case atEnd(to: Int)
        case on(set: Int, to: Int)
    }

    private var edges: [[Edge]] = [[]]
    private var sets: [ScalarSet] = []
    private var setNumbers: [ScalarSet: Int] = [:]
    private var last = 0
    /// By state: the search that has found it last.
    private var rounds: [Int] = []
    private var round = 0

    /// The automaton of a whole text.
    static func automaton(
        of pattern: Pattern,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        var loose = LooseAutomaton()
        loose.last = try loose.add(pattern, from: 0)
        return try loose.determined(&budget)
    }

    private mutating func makeState() throws(ConstraintError) -> Int {
        guard edges.count < ConstraintLimits.looseStates else {
            throw .tooLarge(
                "a pattern with its repetitions has more than \(ConstraintLimits.looseStates) parts"
            )
        }
        edges.append([])
        return edges.count - 1
    }

    /// Adds a pattern behind a state and returns the state behind the pattern.
    private mutating func add(_ pattern: Pattern, from: Int) throws(ConstraintError) -> Int {
        switch pattern {
        case .empty: return from
        case .one(let set):
            let to = try makeState()
            if !set.isEmpty { edges[from].append(.on(set: number(of: set), to: to)) }
            return to
        case .sequence(let parts):
            var state = from
            for part in parts { state = try add(part, from: state) }
            return state
        case .choice(let branches):
            let to = try makeState()
            for branch in branches {
                // A state of its own, so that a loop in one branch leads into no other.
                let begin = try makeState()
                edges[from].append(.free(to: begin))
                let end = try add(branch, from: begin)
                edges[end].append(.free(to: to))
            }
            return to
        case .repeated(let part, let least, let most):
            return try addRepeated(part, least: least, most: most, from: from)
        case .start:
            let to = try makeState()
            edges[from].append(.atStart(to: to))
            return to
        case .end:
            let to = try makeState()
            edges[from].append(.atEnd(to: to))
            return to
        }
    }

    private mutating func addRepeated(
        _ part: Pattern,
        least: Int,
        most: Int?,
        from: Int
    ) throws(ConstraintError) -> Int {
        var state = from
        for _ in 0..<least { state = try grow(part, from: state) }
        guard let most else {
            let loop = try makeState()
            edges[state].append(.free(to: loop))
            let end = try add(part, from: loop)
            edges[end].append(.free(to: loop))
            let to = try makeState()
            edges[loop].append(.free(to: to))
            return to
        }
        var exits = [state]
        if most > least {
            for _ in least..<most {
                state = try grow(part, from: state)
                exits.append(state)
            }
        }
        let to = try makeState()
        for exit in exits { edges[exit].append(.free(to: to)) }
        return to
    }

    /// One more copy of a part.
    ///
    /// It costs a state even where the part is empty, so that counts are bounded.
    private mutating func grow(_ part: Pattern, from: Int) throws(ConstraintError) -> Int {
        let begin = try makeState()
        edges[from].append(.free(to: begin))
        return try add(part, from: begin)
    }

    private mutating func number(of set: ScalarSet) -> Int {
        if let number = setNumbers[set] { return number }
        sets.append(set)
        setNumbers[set] = sets.count - 1
        return sets.count - 1
    }

    // MARK: Determining

    private mutating func determined(_ budget: inout StepBudget) throws(ConstraintError) -> CharacterAutomaton
    {
        rounds = Array(repeating: 0, count: edges.count)
        let alphabet = Alphabet(sets)
        try budget.spend(alphabet.starts.count + alphabet.members.reduce(0) { $0 + $1.count })
        var classesOfSet: [[Int]] = Array(repeating: [], count: sets.count)
        for (kind, members) in alphabet.members.enumerated() {
            for set in members { classesOfSet[set].append(kind) }
        }
        var groups: [[Int32]] = []
        var numbers: [[Int32]: Int32] = [:]
        var next: [Int32] = []
        var accepts: [Bool] = []
        let begin = try closure([0], atStart: true, &budget)
        numbers[begin] = 0
        groups.append(begin)
        var index = 0
        while index < groups.count {
            accepts.append(try endsHere(groups[index], isFirst: index == 0, &budget))
            var targets: [[Int32]] = Array(repeating: [], count: alphabet.classCount)
            for state in groups[index] {
                for edge in edges[Int(state)] {
                    guard case .on(let set, let to) = edge else { continue }
                    try budget.spend(classesOfSet[set].count)
                    for kind in classesOfSet[set] { targets[kind].append(Int32(to)) }
                }
            }
            try budget.spend(alphabet.classCount)
            for target in targets {
                guard !target.isEmpty else {
                    next.append(CharacterAutomaton.dead)
                    continue
                }
                let group = try closure(target, atStart: false, &budget)
                if let number = numbers[group] {
                    next.append(number)
                    continue
                }
                numbers[group] = Int32(groups.count)
                next.append(Int32(groups.count))
                groups.append(group)
            }
            index += 1
            guard groups.count <= ConstraintLimits.characterStates,
                groups.count * alphabet.classCount <= ConstraintLimits.characterTransitions
            else {
                throw .tooLarge("a pattern needs more than \(ConstraintLimits.characterStates) states")
            }
        }
        return CharacterAutomaton.trimmed(alphabet, next, accepts)
    }

    /// All states that can be reached without a character.
    private mutating func closure(
        _ states: [Int32],
        atStart: Bool,
        atEnd: Bool = false,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> [Int32] {
        round += 1
        var found: [Int32] = []
        var waiting: [Int32] = []
        for state in states where rounds[Int(state)] != round {
            rounds[Int(state)] = round
            waiting.append(state)
        }
        while let state = waiting.popLast() {
            try budget.spend(1 + edges[Int(state)].count)
            found.append(state)
            for edge in edges[Int(state)] {
                let to: Int
                switch edge {
                case .free(let next): to = next
                case .atStart(let next) where atStart: to = next
                case .atEnd(let next) where atEnd: to = next
                default: continue
                }
                guard rounds[to] != round else { continue }
                rounds[to] = round
                waiting.append(Int32(to))
            }
        }
        found.sort()
        return found
    }

    private mutating func endsHere(
        _ group: [Int32],
        isFirst: Bool,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> Bool {
        try closure(group, atStart: isFirst, atEnd: true, &budget).contains(Int32(last))
    }
}
