public import Contract

/// What a client has been shown: append-only, gapless, and never changed afterwards.
///
/// Appending is the commit point.
public struct TokenStream: Hashable, Sendable {
    public private(set) var ids: [TokenID] = []
    public private(set) var text = ""
    /// Places in `text`.
    public private(set) var marks: [OutputMark] = []
    /// From the first attempt; later ones say the same about the prompt.
    public private(set) var opening: StreamOpening?
    public private(set) var end: StreamEnd?

    public init() {}

    /// Position of the next token.
    public var next: UInt32 { UInt32(truncatingIfNeeded: ids.count) }

    /// What to do with a record of the current attempt.
    public enum Verdict: Hashable, Sendable {
        case appended
        /// All of it is here already.
        case repeated
        /// Something before it is missing.
        case hole
    }

    public mutating func append(_ record: TokenRecord) -> Verdict {
        if end != nil { return .repeated }
        guard record.position <= next else { return .hole }
        // A worker cuts its records once and keeps them, so a record either starts at `next` or is repeated;
        // an empty one (an opening or an end) is told apart by what it brings.
        guard record.position == next else { return .repeated }
        let brings = !record.ids.isEmpty || record.end != nil || (record.opening != nil && opening == nil)
        guard brings else { return .repeated }
        ids.append(contentsOf: record.ids)
        let before = UInt32(clamping: text.utf8.count)
        marks += record.marks.map { OutputMark(offset: before.saturatingSum($0.offset), $0.kind) }
        text += record.text
        if opening == nil { opening = record.opening }
        end = record.end
        return .appended
    }
}

extension UInt32 {
    fileprivate func saturatingSum(_ other: UInt32) -> UInt32 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
