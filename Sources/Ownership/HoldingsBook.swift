public import Contract

/// The coordinator's count of what one worker has told, to be compared with the worker's own.
///
/// It counts what was told and not what is remembered: an index that forgets is no reason to tell again.
/// Three numbers, however much the worker holds: nobody stores twice or drops what is not held.
public struct HoldingsBook: Sendable {
    private var sequence: UInt64 = 0
    private var count: UInt32 = 0
    private var sum = PrefixLink.zero
    /// Whether a report was missing since everything was told last.
    private var hasGap = true

    public init() {}

    /// A report came; false where one before it is missing, and this one is of no use.
    public mutating func apply(_ report: HoldingsReport) -> Bool {
        if report.restarts {
            self = HoldingsBook()
            hasGap = false
        } else if report.sequence != sequence &+ 1 {
            hasGap = true
        }
        sequence = report.sequence
        guard !hasGap else { return false }
        for change in report.changes {
            sum = sum ^ change.link
            if case .stored = change { count &+= 1 } else { count &-= 1 }
        }
        return true
    }

    /// Whether both books are the same.
    public func agrees(with digest: HoldingsDigest) -> Bool {
        !hasGap && sequence == digest.sequence && count == digest.count && sum == digest.sum
    }
}
