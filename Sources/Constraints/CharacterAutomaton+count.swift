extension CharacterAutomaton {
    /// Texts that are counted; more of them are as good as any number.
    static let countLimit: Int32 = 1024

    /// By state: how many texts lead from it to an end; `countLimit` for more, or for ever more.
    var restCounts: [Int32] {
        var counts = Array(repeating: Self.countLimit, count: stateCount)
        var openCounts = accepts.indices.map { state in row(state).count { $0 != Self.dead } }
        var sources: [[Int]] = Array(repeating: [], count: stateCount)
        for state in accepts.indices {
            for to in row(state) where to != Self.dead { sources[Int(to)].append(state) }
        }
        var sizes = Array(repeating: 0, count: classCount)
        for (place, kind) in classes.enumerated() { sizes[Int(kind)] += size(of: place) }
        // From the ends back; what is on a circle never becomes ready.
        var ready = accepts.indices.filter { openCounts[$0] == 0 }
        while let state = ready.popLast() {
            var count = accepts[state] ? 1 : 0
            for (kind, to) in row(state).enumerated() where to != Self.dead {
                count = min(Int(Self.countLimit), count + sizes[kind] * Int(counts[Int(to)]))
            }
            counts[state] = Int32(count)
            for source in sources[state] {
                openCounts[source] -= 1
                if openCounts[source] == 0 { ready.append(source) }
            }
        }
        return counts
    }

    /// All texts, where they are no more than `limit`; else nil.
    func texts(atMost limit: Int) -> [String]? {
        guard Int(restCounts[Int(Self.start)]) <= min(limit, Int(Self.countLimit) - 1) else { return nil }
        var texts: [String] = []
        var open: [(state: Int32, text: String.UnicodeScalarView)] = [
            (Self.start, String.UnicodeScalarView())
        ]
        while let (state, text) = open.popLast() {
            if accepts[Int(state)] { texts.append(String(text)) }
            for (place, kind) in classes.enumerated() {
                let to = next[Int(state) * classCount + Int(kind)]
                guard to != Self.dead else { continue }
                for scalar in starts[place]..<starts[place] + UInt32(size(of: place)) {
                    guard let scalar = Unicode.Scalar(scalar) else { continue }
                    open.append((to, text + [scalar]))
                }
            }
        }
        return texts.sorted()
    }

    private func row(_ state: Int) -> ArraySlice<Int32> {
        next[state * classCount..<(state + 1) * classCount]
    }

    private func size(of interval: Int) -> Int {
        let end = interval + 1 < starts.count ? starts[interval + 1] : ScalarSet.last + 1
        return Int(end - starts[interval])
    }

    /// Whether exactly these characters lead from a state to an end.
    func accepts(_ scalars: [UInt32], from state: Int32) -> Bool {
        var state = state
        for scalar in scalars {
            state = step(state, scalar)
            if state == Self.dead { return false }
        }
        return accepts[Int(state)]
    }
}
