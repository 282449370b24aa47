internal import Contract

/// A streamed reply whose events have ids, and which leaves out what its client has.
///
/// What is written of a record follows from the records up to it alone. So a reply that is written again from
/// the first record, by whichever edge, has the same events in the same places. Of one job, since the order
/// in which the choices of several take turns is nobody's to know again.
struct NumberedReply: ReplyWriter {
    private var reply: any ReplyWriter
    private let stream: JobID
    /// What the client has.
    private let after: EventPlace
    private var place = EventPlace.start
    private var buffer: [UInt8] = []

    private static let newline = UInt8(ascii: "\n")

    init(_ reply: any ReplyWriter, _ stream: JobID, after: EventPlace) {
        self.reply = reply
        self.stream = stream
        self.after = after
    }

    var state: ReplyState { reply.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        reply.accept(record, choice: choice, into: &buffer)
        let next = max(place.tokenCount, record.nextPosition)
        let events = Self.events(in: buffer)
        for (number, event) in events.enumerated() {
            place.eventCount += 1
            if number == events.count - 1, next > place.tokenCount { place = EventPlace(tokenCount: next) }
            guard place > after else { continue }
            bytes += "id: \(place.id(in: stream))\n".utf8
            bytes += buffer[event]
        }
        if next > place.tokenCount { place = EventPlace(tokenCount: next) }
        buffer.removeAll(keepingCapacity: true)
    }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        reply.appendKeepAlive(place, into: &bytes)
    }

    mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) { reply.fail(error, into: &bytes) }

    func wholeAnswer() -> HttpAnswer { reply.wholeAnswer() }

    /// Each ends with an empty line (HTML, server-sent events, section 9.2.5).
    private static func events(in bytes: [UInt8]) -> [Range<Int>] {
        var events: [Range<Int>] = []
        var start = 0
        var place = 1
        while place < bytes.count {
            if bytes[place] == newline, bytes[place - 1] == newline {
                events.append(start..<place + 1)
                start = place + 1
                place += 1
            }
            place += 1
        }
        return events
    }
}
