internal import Contract

/// How much work has to be done by when, for one tenant in one lane.
///
/// Kept by whole seconds, so that asking costs as much as there are seconds up to the latest deadline, and
/// not as much as there are jobs.
struct DeadlineLoad: Sendable {
    private var seconds: [(second: Int64, tokens: UInt64)] = []

    mutating func add(_ tokens: UInt64, due: Instant) {
        let (place, isThere) = place(of: due)
        if isThere {
            seconds[place].tokens += tokens
        } else {
            seconds.insert((Self.second(of: due), tokens), at: place)
        }
    }

    mutating func remove(_ tokens: UInt64, due: Instant) {
        let (place, isThere) = place(of: due)
        guard isThere else { return }
        seconds[place].tokens -= min(tokens, seconds[place].tokens)
        if seconds[place].tokens == 0 { seconds.remove(at: place) }
    }

    /// What goes before a job that is due then.
    func tokens(before due: Instant) -> UInt64 {
        let limit = Self.second(of: due)
        return seconds.prefix { $0.second <= limit }.reduce(0) { $0 + $1.tokens }
    }

    var tokens: UInt64 { seconds.reduce(0) { $0 + $1.tokens } }

    private static func second(of due: Instant) -> Int64 { due.microseconds / 1_000_000 }

    private func place(of due: Instant) -> (Int, isThere: Bool) {
        let second = Self.second(of: due)
        var low = 0
        var high = seconds.count
        while low < high {
            let middle = (low + high) / 2
            if seconds[middle].second < second { low = middle + 1 } else { high = middle }
        }
        return (low, low < seconds.count && seconds[low].second == second)
    }
}
