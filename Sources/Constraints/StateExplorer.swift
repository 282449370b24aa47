/// Makes an automaton from what a state is and where it leads, state by state as they are reached.
struct StateExplorer<State: Hashable> {
    let alphabet: Alphabet
    /// Where a class leads from a state; nil for nowhere.
    let step: (State, Int) -> State?
    let accepts: (State) -> Bool

    /// The automaton, without the states from which nothing is accepted.
    func explore(from start: State, _ budget: inout StepBudget) throws(ConstraintError) -> CharacterAutomaton
    {
        var states = [start]
        var numbers: [State: Int32] = [start: 0]
        var next: [Int32] = []
        let classCount = alphabet.classCount
        var index = 0
        while index < states.count {
            try budget.spend(classCount)
            for kind in 0..<classCount {
                guard let reached = step(states[index], kind) else {
                    next.append(CharacterAutomaton.dead)
                    continue
                }
                if let number = numbers[reached] {
                    next.append(number)
                    continue
                }
                let number = Int32(states.count)
                numbers[reached] = number
                states.append(reached)
                next.append(number)
            }
            index += 1
            try Self.check(states: states.count, classCount: classCount)
        }
        return CharacterAutomaton.trimmed(alphabet, next, states.map(accepts))
    }

    private static func check(states: Int, classCount: Int) throws(ConstraintError) {
        guard states <= ConstraintLimits.characterStates,
            states * classCount <= ConstraintLimits.characterTransitions
        else {
            throw .tooLarge("a pattern needs more than \(ConstraintLimits.characterStates) states")
        }
    }
}

extension CharacterAutomaton {
    /// Without the states from which nothing is accepted.
    static func trimmed(_ alphabet: Alphabet, _ next: [Int32], _ accepts: [Bool]) -> CharacterAutomaton {
        let live = liveStates(next, accepts, alphabet.classCount)
        guard live[0] else { return .nothing }
        var numbers = Array(repeating: dead, count: accepts.count)
        var count: Int32 = 0
        for state in accepts.indices where live[state] {
            numbers[state] = count
            count += 1
        }
        var kept: [Int32] = []
        kept.reserveCapacity(Int(count) * alphabet.classCount)
        var ends: [Bool] = []
        for state in accepts.indices where live[state] {
            let row = next[state * alphabet.classCount..<(state + 1) * alphabet.classCount]
            kept += row.map { $0 == dead ? dead : numbers[Int($0)] }
            ends.append(accepts[state])
        }
        return CharacterAutomaton(alphabet: alphabet, next: kept, accepts: ends)
    }

    private static func liveStates(_ next: [Int32], _ accepts: [Bool], _ classCount: Int) -> [Bool] {
        // Where each state can be reached from, as one list cut by `firsts`.
        var counts = Array(repeating: 0, count: accepts.count + 1)
        for target in next where target != dead { counts[Int(target) + 1] += 1 }
        for state in accepts.indices { counts[state + 1] += counts[state] }
        let firsts = counts
        var origins = Array(repeating: 0, count: firsts[accepts.count])
        for (place, target) in next.enumerated() where target != dead {
            origins[counts[Int(target)]] = place / classCount
            counts[Int(target)] += 1
        }
        var live = accepts
        var waiting = accepts.indices.filter { accepts[$0] }
        while let state = waiting.popLast() {
            for origin in origins[firsts[state]..<firsts[state + 1]] where !live[origin] {
                live[origin] = true
                waiting.append(origin)
            }
        }
        return live
    }

    /// What both accept.
    func intersection(
        _ other: CharacterAutomaton,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        if isEverything { return other }
        if other.isEverything { return self }
        let (alphabet, pairs) = Alphabet.crossing(self, other)
        let explorer = StateExplorer<SIMD2<Int32>>(
            alphabet: alphabet,
            step: { state, kind in
                let left = next[Int(state.x) * classCount + pairs[kind].0]
                let right = other.next[Int(state.y) * other.classCount + pairs[kind].1]
                return left == Self.dead || right == Self.dead ? nil : SIMD2(left, right)
            },
            accepts: { accepts[Int($0.x)] && other.accepts[Int($0.y)] }
        )
        return try explorer.explore(from: SIMD2(0, 0), &budget)
    }

    /// What it does not accept.
    func complement(_ budget: inout StepBudget) throws(ConstraintError) -> CharacterAutomaton {
        let (alphabet, pairs) = Alphabet.crossing(self, .everything)
        let explorer = StateExplorer<Int32>(
            alphabet: alphabet,
            step: { state, kind in
                // The second class of `everything` is that of the surrogates.
                guard pairs[kind].1 == 0 else { return nil }
                return state == Self.dead ? Self.dead : next[Int(state) * classCount + pairs[kind].0]
            },
            accepts: { $0 == Self.dead || !accepts[Int($0)] }
        )
        return try explorer.explore(from: 0, &budget)
    }

    /// Those of its texts that have so many characters.
    func counted(
        least: Int,
        most: Int?,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        guard least > 0 || most != nil else { return self }
        // Behind the last count that matters, one is as good as another.
        let top = Int32(clamping: most ?? least)
        let (alphabet, kinds) = Alphabet.crossing(self, self)
        let explorer = StateExplorer<SIMD2<Int32>>(
            alphabet: alphabet,
            step: { state, kind in
                let reached = next[Int(state.x) * classCount + kinds[kind].0]
                guard reached != Self.dead else { return nil }
                if state.y < top { return SIMD2(reached, state.y + 1) }
                return most == nil ? SIMD2(reached, top) : nil
            },
            accepts: { accepts[Int($0.x)] && Int($0.y) >= least }
        )
        return try explorer.explore(from: SIMD2(0, 0), &budget)
    }
}
