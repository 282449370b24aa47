internal import Synchronization

/// Counts what happened since the process started; any thread may bump it.
public final class Counter: Instrument {
    static let kind = "counter"

    private let count = Atomic<UInt64>(0)

    init() {}

    public var value: UInt64 { count.load(ordering: .relaxed) }

    public func increment(by amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    /// Takes over a total that its owner counts by itself; the owner is then the only one to bump it.
    public func advance(to total: UInt64) { count.store(total, ordering: .relaxed) }

    func samples() -> [MetricSample] { [MetricSample(value: Double(value))] }
}
