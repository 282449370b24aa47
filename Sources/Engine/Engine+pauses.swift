internal import Contract

/// How low sequences stand aside for high ones when the batch is full.
///
/// First in place: a paused sequence keeps its blocks, and goes on at the next place that is free as if
/// nothing had been. If others need its blocks they are the first to be taken; what the pool or the tier
/// still has of them by then is taken up again, and the rest is computed. None of it changes a token.
///
/// It cannot starve: it stands aside twice at most, never for longer than `longestPause` once a place is
/// free, and of those that wait in its lane it is the first to go on.
extension Engine {
    /// Sequences that take part in steps.
    var activeCount: Int { batch.count { !$0.isPaused } }

    var hasPlace: Bool { activeCount < max(1, limits.sequences) }

    /// Makes a place for a high request where a low sequence can stand aside; whoever has computed least.
    ///
    /// False where none can.
    mutating func pause(for lane: Lane, at now: Instant) -> Bool {
        guard lane == .high else { return false }
        let victim = batch.indices.filter { mayPause(batch[$0]) }.min {
            (batch[$0].computed, batch[$1].arrival) < (batch[$1].computed, batch[$0].arrival)
        }
        guard let victim else { return false }
        batch[victim].pausedAt = now
        batch[victim].pauseCount += 1
        tally.pauses += 1
        let stored = traffic.storedBlockCount
        spill(batch[victim])
        if traffic.storedBlockCount > stored { tally.swaps += 1 }
        return true
    }

    private func mayPause(_ sequence: LiveSequence) -> Bool {
        sequence.lane == .low && !sequence.isPaused && sequence.end == nil && sequence.fetch == nil
            && sequence.pauseCount < limits.pausesPerSequence
            && (sequence.pauseCount == 0
                || sequence.known - sequence.knownAtResume >= limits.tokensBetweenPauses)
    }

    /// Lets those that stand aside go on while there are places, unless the first of those that wait goes
    /// before them.
    mutating func resume(before waiting: LiveSequence?, at now: Instant) {
        while hasPlace, let next = nextToResume(before: waiting, at: now) {
            batch[next].pausedAt = nil
            batch[next].knownAtResume = batch[next].known
            // What memory has lost in the meantime, the tier may have.
            batch[next].recallsLeft = Self.recallLimit
        }
    }

    private func nextToResume(before waiting: LiveSequence?, at now: Instant) -> Int? {
        guard let first = batch.firstIndex(where: \.isPaused) else { return nil }
        let patient = limits.longestPause
        let overdue = batch.firstIndex { $0.pausedAt.map { now - $0 >= patient } ?? false }
        if let overdue { return overdue }
        guard let waiting else { return first }
        return batch[first].precedes(waiting) ? first : nil
    }
}
