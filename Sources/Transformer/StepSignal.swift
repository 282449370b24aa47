internal import CKernels
internal import CLinux
internal import Synchronization

/// A number that threads of a step change and wait for.
///
/// Whoever waits spins first, because what is waited for is mostly less than a microsecond away, and then
/// sleeps, because the thread that is waited for may need this very CPU, and because between two steps
/// nothing may happen for seconds.
final class StepSignal: @unchecked Sendable {
    // Unchecked because of the pointer: a futex needs the word's address. It is only touched atomically.

    /// Two neighbouring cache lines are fetched together; nothing else lies on these.
    private static let alignment = 128

    private let word: UnsafeMutablePointer<Atomic<UInt32>>
    private let sleepers: UnsafeMutablePointer<Atomic<UInt32>>
    private let spins: Int

    /// `spins`: looks before sleeping.
    init(_ value: UInt32, spins: Int) {
        self.spins = spins
        let line = UnsafeMutableRawPointer.allocate(byteCount: Self.alignment, alignment: Self.alignment)
        word = line.bindMemory(to: Atomic<UInt32>.self, capacity: 2)
        word.initialize(to: Atomic(value))
        sleepers = word + 1
        sleepers.initialize(to: Atomic(0))
    }

    deinit { word.deallocate() }

    /// What was written before the value was set may be read.
    var value: UInt32 { word.pointee.load(ordering: .acquiring) }

    func set(_ value: UInt32) {
        word.pointee.store(value, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    /// Sets it to `new` if it is `old`; returns what it was.
    func replace(_ old: UInt32, with new: UInt32) -> UInt32 {
        word.pointee.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent).original
    }

    func wakeSleepers() {
        // Either this load sees a sleeper, or the sleeper's futex call sees the new value.
        guard sleepers.pointee.load(ordering: .sequentiallyConsistent) > 0 else { return }
        _ = linux_futex_wake(address, .max)
    }

    /// Returns when the value satisfies `isReached`.
    func wait(until isReached: (UInt32) -> Bool) {
        for _ in 0..<spins {
            if isReached(value) { return }
            ck_pause()
        }
        sleepers.pointee.add(1, ordering: .sequentiallyConsistent)
        while true {
            let current = word.pointee.load(ordering: .sequentiallyConsistent)
            if isReached(current) { break }
            _ = linux_futex_wait(address, current)
        }
        sleepers.pointee.subtract(1, ordering: .relaxed)
    }

    private var address: UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self)
    }
}
