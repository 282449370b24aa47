public import Contract

/// A worker's own book of what it holds, and of what it has yet to tell the coordinator.
///
/// Its changes come from the engines in the order in which they happened, and are told in that order. A new
/// session, or a coordinator whose book differs, is told everything again.
///
/// Invariant: once all is told, who has applied every report has the same book.
public struct HoldingsLedger: Sendable {
    private var held: [PrefixLink: Holding] = [:]
    private var pending: [HoldingChange] = []
    /// Those of `pending` that have gone out.
    private var toldCount = 0
    private var restarts = true
    private var sequence: UInt64 = 0
    private var sum = PrefixLink.zero
    private var toldDigest: HoldingsDigest?

    public init() {}

    public var count: Int { held.count }
    public var hasReport: Bool { restarts || toldCount < pending.count }
    /// How many changes wait to be told.
    public var pendingCount: Int { pending.count - toldCount }

    /// What the engines have stored and dropped; what changes nothing is not told.
    public mutating func note(_ changes: [HoldingChange]) {
        for change in changes {
            switch change {
            case .stored(let holding):
                let before = held.updateValue(holding, forKey: holding.link)
                if before == holding { continue }
                // Told so that who counts need not remember what is held.
                if before != nil { pending.append(.dropped(holding.link)) } else { sum = sum ^ holding.link }
            case .dropped(let link):
                guard held.removeValue(forKey: link) != nil else { continue }
                sum = sum ^ link
            }
            pending.append(change)
        }
        // What waits is never more than telling everything anew would be.
        if pendingCount > 2 * held.count + HoldingsReport.changeLimit { restart() }
    }

    /// Nothing counts as told.
    public mutating func restart() {
        restarts = true
        toldCount = 0
        pending = held.values.sorted { $0.link < $1.link }.map { .stored($0) }
        toldDigest = nil
    }

    /// The next report; nil when all is told.
    public mutating func takeReport() -> HoldingsReport? {
        guard hasReport else { return nil }
        sequence += 1
        let end = min(pending.count, toldCount + HoldingsReport.changeLimit)
        let report = HoldingsReport(
            sequence: sequence,
            restarts: restarts,
            changes: Array(pending[toldCount..<end])
        )
        toldCount = end
        if toldCount == pending.count {
            pending.removeAll(keepingCapacity: true)
            toldCount = 0
        }
        restarts = false
        return report
    }

    /// The digest of what was told, if all was and it is another one than last time.
    public mutating func takeDigest() -> HoldingsDigest? {
        guard !hasReport, toldDigest != digest else { return nil }
        toldDigest = digest
        return digest
    }

    public var digest: HoldingsDigest {
        HoldingsDigest(sequence: sequence, count: UInt32(clamping: held.count), sum: sum)
    }

    public func holds(_ link: PrefixLink) -> Bool { held[link] != nil }
}
