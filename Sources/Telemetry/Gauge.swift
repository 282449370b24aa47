internal import Synchronization

/// Shows how much there is now: a queue's length, bytes in use; any thread may set it.
public final class Gauge: Instrument {
    static let kind = "gauge"

    /// The bit pattern of a `Double`.
    private let bits = Atomic<UInt64>(0)

    init() {}

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    public func set(_ value: some BinaryInteger) { set(Double(value)) }

    public func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(
                expected: seen,
                desired: sum,
                ordering: .relaxed
            )
            if exchanged { return }
            seen = original
        }
    }

    func samples() -> [MetricSample] { [MetricSample(value: value)] }
}
