internal import Contract

/// What came of a load: how many replies, and how long each took.
public struct LoadResult: Sendable {
    public var window = Duration.zero
    /// Microseconds from the request to the end of its reply, ascending.
    public private(set) var latencies: [Int64] = []
    /// Microseconds from the request to the first byte of the reply's body, ascending.
    public private(set) var firstByteLatencies: [Int64] = []

    init() {}

    public var requestsPerSecond: Double {
        window > .zero ? Double(latencies.count) / (window / .seconds(1)) : 0
    }

    /// The latency in microseconds that `share` of the requests did not exceed (nearest rank).
    ///
    /// 0 where there were none.
    public static func quantile(_ share: Double, of latencies: [Int64]) -> Double {
        guard !latencies.isEmpty else { return 0 }
        let rank = (share * Double(latencies.count)).rounded(.up)
        return Double(latencies[min(latencies.count - 1, max(0, Int(rank) - 1))])
    }

    mutating func add(_ connection: LoadConnection, at now: Instant) {
        latencies.append((now - connection.sentAt).microseconds)
        if let first = connection.firstByteAt {
            firstByteLatencies.append((first - connection.sentAt).microseconds)
        }
    }

    mutating func sort() {
        latencies.sort()
        firstByteLatencies.sort()
    }
}
