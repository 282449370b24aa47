import Contract
import EventLoop
import Synchronization

/// How much work threads get done in a second when each does its part over and over.
enum ThreadedRate {
    private static let repetitionCount = 3

    /// `work` is told its thread's number and how many there are, and returns how much it did.
    ///
    /// The best of some measurements: other programs can only take away from it.
    static func best(
        of work: @escaping @Sendable (_ part: Int, _ partCount: Int) -> Double,
        threadCount: Int,
        window: Duration = .milliseconds(250)
    ) throws -> Double {
        try (0..<repetitionCount).map { _ in
            try rate(of: work, threadCount: threadCount, window: window)
        }.max() ?? 0
    }

    private static func rate(
        of work: @escaping @Sendable (_ part: Int, _ partCount: Int) -> Double,
        threadCount: Int,
        window: Duration
    ) throws -> Double {
        let total = Total()
        let threads = try (0..<threadCount).map { index in
            try LoopThread(name: "bench-\(index)") {
                let began = EventLoop.monotonicNow()
                var amount = 0.0
                var elapsed = Duration.zero
                while elapsed < window {
                    amount += work(index, threadCount)
                    elapsed = EventLoop.monotonicNow() - began
                }
                total.add(amount / (elapsed / .seconds(1)))
            }
        }
        for thread in threads { thread.join() }
        return total.value
    }
}

private final class Total: Sendable {
    private let sum = Mutex(0.0)

    var value: Double { sum.withLock { $0 } }

    func add(_ amount: Double) { sum.withLock { $0 += amount } }
}
