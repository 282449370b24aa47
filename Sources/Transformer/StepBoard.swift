internal import Synchronization

/// Where the threads of a step take their work from.
///
/// A step is a row of phases, and a phase is a number of pieces. Each thread goes through all phases in order
/// and takes pieces while there are any: those of its own share first, so that each thread meets the same
/// weights in every step, then those that the others have not come to. A phase is over when all its pieces
/// are done, not when all threads have been there: a thread that the system has set aside keeps nobody
/// waiting, unless it holds a piece, and finds what it has missed already done.
///
/// Who computes a piece changes no bit of it.
final class StepBoard: @unchecked Sendable {
    // Unchecked because of the pointers: each word has cache lines of its own. They are only touched
    // atomically.

    /// A word says for which phase it counts, so that it needs no reset between two phases: what it says of
    /// an earlier one counts as 0.
    private struct Tally {
        var phase: UInt32
        var count: UInt32

        init(phase: UInt32, count: UInt32) {
            self.phase = phase
            self.count = count
        }

        init(_ word: UInt64) {
            phase = UInt32(truncatingIfNeeded: word >> 32)
            count = UInt32(truncatingIfNeeded: word)
        }

        var word: UInt64 { UInt64(phase) << 32 | UInt64(count) }
    }

    private static let stride = 128

    private let shareCount: Int
    /// How many pieces of each share have been taken, and behind them how many of all are done.
    private let tallies: UnsafeMutableRawPointer
    /// Phases that are over.
    private let finished: StepSignal

    init(shareCount: Int, spins: Int) {
        self.shareCount = shareCount
        finished = StepSignal(0, spins: spins)
        tallies = .allocate(byteCount: (shareCount + 1) * Self.stride, alignment: Self.stride)
        for index in 0...shareCount {
            let place = tallies + index * Self.stride
            place.bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(to: Atomic(0))
        }
    }

    deinit { tallies.deallocate() }

    /// Begins a step: phases count from 1 again.
    ///
    /// No thread is at the board.
    func clear() {
        for index in 0...shareCount { tally(index).pointee.store(0, ordering: .relaxed) }
        finished.set(0)
    }

    func isOver(_ phase: UInt32) -> Bool { finished.value >= phase }

    /// Takes the next piece of a share that has `count` of them; nil where none is left.
    func take(from share: Int, of count: Int, phase: UInt32) -> Int? {
        let tally = tally(share)
        var word = tally.pointee.load(ordering: .relaxed)
        while true {
            let seen = Tally(word)
            guard seen.phase <= phase else { return nil }
            let taken = seen.phase == phase ? seen.count : 0
            guard taken < count else { return nil }
            let next = Tally(phase: phase, count: taken + 1).word
            let (isTaken, now) = tally.pointee.weakCompareExchange(
                expected: word,
                desired: next,
                ordering: .relaxed
            )
            if isTaken { return Int(taken) }
            word = now
        }
    }

    /// Tells that `count` pieces that were taken are done; all of the phase are `total`.
    func finish(_ count: Int, of total: Int, phase: UInt32) {
        let tally = tally(shareCount)
        var word = tally.pointee.load(ordering: .relaxed)
        while true {
            let seen = Tally(word)
            let done = (seen.phase == phase ? seen.count : 0) + UInt32(count)
            let next = Tally(phase: phase, count: done).word
            let (isDone, now) = tally.pointee.weakCompareExchange(
                expected: word,
                desired: next,
                ordering: .acquiringAndReleasing
            )
            if isDone {
                if done == total { finished.set(phase) }
                return
            }
            word = now
        }
    }

    /// Waits until all pieces are done: what was written for them may be read from now on.
    func wait(for phase: UInt32) { finished.wait { $0 >= phase } }

    private func tally(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (tallies + index * Self.stride).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}
