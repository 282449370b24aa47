internal import Synchronization

/// Counts observations by size, so that a scraper can tell the median from the worst.
///
/// Any thread may observe. A lock and not one atomic per bucket: uncontended it costs about the same,
/// and a rendering is consistent in itself.
public final class Histogram: Instrument {
    static let kind = "histogram"

    /// Seconds from a millisecond to a minute: time to the first token, time in a lane.
    public static let latencyBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private struct State {
        /// One per bound and one for what is above the last; not cumulative.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        precondition(
            zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 },
            "the bounds of a histogram ascend"
        )
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    public func observe(_ value: Double) {
        var bucket = 0
        while bucket < bounds.count && value > bounds[bucket] { bucket += 1 }
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    /// In seconds.
    public func observe(_ duration: Duration) { observe(duration / .seconds(1)) }

    func samples() -> [MetricSample] {
        let state = state.withLock { $0 }
        var samples: [MetricSample] = []
        var total: UInt64 = 0
        for (bound, count) in zip(bounds + [.infinity], state.counts) {
            total += count
            let label = MetricLabel(name: "le", value: numberText(bound))
            samples.append(MetricSample(suffix: "_bucket", labels: [label], value: Double(total)))
        }
        samples.append(MetricSample(suffix: "_sum", value: state.sum))
        samples.append(MetricSample(suffix: "_count", value: Double(total)))
        return samples
    }
}
