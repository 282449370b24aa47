public import Contract

/// How far a client has read a stream: all events up to here.
///
/// Written as `STREAM.TOKENS` behind an event, or `STREAM.TOKENS.EVENTS` for the events that come between two
/// tokens: a head, an end, the parts of a record that makes several.
public struct EventPlace: Hashable, Sendable, Comparable {
    /// Tokens whose records were shown whole.
    public var tokenCount: UInt32
    /// Events since then.
    public var eventCount: UInt32

    public static let start = EventPlace(tokenCount: 0, eventCount: 0)

    public init(tokenCount: UInt32, eventCount: UInt32 = 0) {
        self.tokenCount = tokenCount
        self.eventCount = eventCount
    }

    /// Reads what an event's id says of a stream, or that without the stream's name; nil for anything else.
    public init?(_ text: String, in stream: JobID) {
        var parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.first.map({ $0.utf8.count == 32 }) == true {
            guard parts.removeFirst() == stream.description else { return nil }
        }
        let numbers = parts.compactMap { $0.utf8.first == UInt8(ascii: "+") ? nil : UInt32($0) }
        guard (1...2).contains(parts.count), numbers.count == parts.count else { return nil }
        self.init(tokenCount: numbers[0], eventCount: numbers.count > 1 ? numbers[1] : 0)
    }

    func id(in stream: JobID) -> String {
        eventCount == 0 ? "\(stream).\(tokenCount)" : "\(stream).\(tokenCount).\(eventCount)"
    }

    public static func < (left: EventPlace, right: EventPlace) -> Bool {
        (left.tokenCount, left.eventCount) < (right.tokenCount, right.eventCount)
    }
}
