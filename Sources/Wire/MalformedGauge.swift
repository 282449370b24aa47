public import Contract

/// Counts a peer's malformed frames and says when to stop listening to it: the 16th within 60 seconds.
///
/// Holds at most `peerLimit` peers with at most 16 instants each; beyond that the peer that has been
/// well-behaved for longest is forgotten.
public struct MalformedGauge: Sendable {
    public enum Verdict: Hashable, Sendable {
        /// Answer with an error frame. `log` is true once per peer and minute.
        case answer(log: Bool)
        /// Ignore the peer for so long.
        case drop(for: Duration)
    }

    public static let frameLimit = 16
    public static let window = Duration.seconds(60)
    public static let dropTime = Duration.seconds(60)

    private struct Record {
        /// Oldest first; at most `frameLimit`.
        var instants: [Instant] = []
        var loggedAt: Instant?
    }

    private let peerLimit: Int
    private var peers: [NodeID: Record] = [:]

    public init(peerLimit: Int = 1024) {
        precondition(peerLimit > 0, "a gauge without room for a peer counts nothing")
        self.peerLimit = peerLimit
    }

    /// How many peers are remembered.
    public var peerCount: Int { peers.count }

    /// `peer` sent a malformed frame.
    public mutating func count(_ peer: NodeID, at now: Instant) -> Verdict {
        makeRoom(for: peer, at: now)
        var record = peers.removeValue(forKey: peer) ?? Record()
        record.instants.removeAll { now - $0 >= Self.window }
        record.instants.append(now)
        // A peer that comes back after its time out starts afresh.
        guard record.instants.count < Self.frameLimit else { return .drop(for: Self.dropTime) }
        let log = record.loggedAt.map { now - $0 >= Self.window } ?? true
        if log { record.loggedAt = now }
        peers[peer] = record
        return .answer(log: log)
    }

    private mutating func makeRoom(for peer: NodeID, at now: Instant) {
        guard peers.count >= peerLimit, peers[peer] == nil else { return }
        let latest = { (record: Record) in record.instants.last ?? .zero }
        peers = peers.filter { now - latest($0.value) < Self.window }
        guard peers.count >= peerLimit, let oldest = peers.min(by: { latest($0.value) < latest($1.value) })
        else {
            return
        }
        peers[oldest.key] = nil
    }
}
