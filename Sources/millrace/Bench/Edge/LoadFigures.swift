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
