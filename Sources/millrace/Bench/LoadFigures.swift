import JSON
import Load

/// The figures of one measurement; times in microseconds.
struct LoadFigures {
    var requestsPerSecond: Double
    var p50: Double
    var p99: Double
    /// To the first byte of the body.
    var firstByteP50: Double

    init(_ result: LoadResult) {
        requestsPerSecond = result.requestsPerSecond
        p50 = LoadResult.quantile(0.5, of: result.latencies)
        p99 = LoadResult.quantile(0.99, of: result.latencies)
        firstByteP50 = LoadResult.quantile(0.5, of: result.firstByteLatencies)
    }
}

/// A figure over all rounds.
struct Spread {
    var median: Double
    var least: Double
    var most: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        least = sorted.first ?? 0
        most = sorted.last ?? 0
        let middle = sorted.count / 2
        median =
            sorted.isEmpty
            ? 0 : sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// `12 (11–14)`.
    func text(_ write: (Double) -> String) -> String { "\(write(median)) (\(write(least))–\(write(most)))" }

    var json: JSONValue { ["median": .number(median), "min": .number(least), "max": .number(most)] }
}
