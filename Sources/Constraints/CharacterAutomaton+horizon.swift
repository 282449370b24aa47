extension CharacterAutomaton {
    /// Work that is worth doing to find states alike.
    private static let horizonWork = 1 << 20

    /// For each state the first one that no text of so many characters can tell from it.
    ///
    /// In a repetition that is counted, most states are alike to any token: they share what it allows. Nil
    /// where none are alike, or where finding out would take too long.
    func horizon(characterCount: Int) -> [Int32]? {
        guard stateCount > 16 else { return nil }
        var groups = accepts.map { $0 ? Int32(1) : 0 }
        var groupCount = Set(groups).count
        var workLeft = Self.horizonWork
        // One more than the text is long: readers look whether anything can follow it.
        for _ in 0...characterCount {
            workLeft -= stateCount * (classCount + 1)
            guard workLeft >= 0 else { return nil }
            var numbers: [[Int32]: Int32] = [:]
            var refined: [Int32] = []
            refined.reserveCapacity(stateCount)
            for state in accepts.indices {
                var key = [groups[state]]
                for target in next[state * classCount..<(state + 1) * classCount] {
                    key.append(target == Self.dead ? Self.dead : groups[Int(target)])
                }
                let number = numbers[key] ?? Int32(numbers.count)
                numbers[key] = number
                refined.append(number)
            }
            let isStable = numbers.count == groupCount
            (groups, groupCount) = (refined, numbers.count)
            guard groupCount < stateCount else { return nil }
            if isStable { break }
        }
        var firsts = Array(repeating: Self.dead, count: groupCount)
        return groups.enumerated().map { state, group in
            if firsts[Int(group)] == Self.dead { firsts[Int(group)] = Int32(state) }
            return firsts[Int(group)]
        }
    }
}
