internal import CKernels
internal import CLinux
internal import Synchronization

/// Where the threads of a step meet: nobody goes on before all have arrived.
///
/// Whoever waits spins first, because the others are a few hundred nanoseconds away, and then sleeps, because
/// between two steps nothing may happen for seconds.
final class StepBarrier: @unchecked Sendable {
    // Unchecked because of the pointer: a futex needs the word's address. It is only touched atomically.

    private let count: Int
    private let spins: Int
    private let arrived = Atomic(0)
    private let sleepers = Atomic(0)
    /// +1 each time that all have arrived.
    private let generation: UnsafeMutablePointer<Atomic<UInt32>>

    init(count: Int, spins: Int) {
        self.count = count
        self.spins = spins
        generation = .allocate(capacity: 1)
        generation.initialize(to: Atomic(0))
    }

    deinit {
        generation.deinitialize(count: 1)
        generation.deallocate()
    }

    func wait() {
        guard count > 1 else { return }
        let current = generation.pointee.load(ordering: .relaxed)
        guard arrived.add(1, ordering: .acquiringAndReleasing).newValue < count else {
            arrived.store(0, ordering: .relaxed)
            generation.pointee.add(1, ordering: .sequentiallyConsistent)
            // Either this load sees a sleeper, or the sleeper's futex call sees the next generation.
            if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                _ = linux_futex_wake(word, Int32(count))
            }
            return
        }
        for _ in 0..<spins {
            if generation.pointee.load(ordering: .acquiring) != current { return }
            ck_pause()
        }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while generation.pointee.load(ordering: .acquiring) == current { _ = linux_futex_wait(word, current) }
        sleepers.subtract(1, ordering: .relaxed)
    }

    /// Counts threads as arrived that never could be started, so that the others can be told to stop.
    func excuse(_ missing: Int) { arrived.add(missing, ordering: .relaxed) }

    private var word: UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(generation).assumingMemoryBound(to: UInt32.self)
    }
}
