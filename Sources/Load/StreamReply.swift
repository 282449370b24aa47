public import Contract
internal import JSON

/// What a server said to one streamed request, and when each part of it came.
///
/// Nothing is read out of it before it is over, so that reading takes nothing from the server meanwhile.
public struct StreamReply: Sendable {
    /// How much of the body had come by then.
    struct Arrival: Sendable {
        var at: Instant
        var byteCount: Int
    }

    /// Of the order that it is the reply to.
    public internal(set) var number = 0
    public internal(set) var sentAt: Instant
    public internal(set) var endedAt: Instant
    /// Why there is no whole reply, or one that is no answer.
    public internal(set) var fault: LoadFault?
    var body: [UInt8] = []
    var arrivals: [Arrival] = []

    init(sentAt: Instant) {
        self.sentAt = sentAt
        endedAt = sentAt
    }

    /// The data of each event of the stream and when the last byte of it came; comments are left out.
    ///
    /// Lines may end with CR, LF or both (WHATWG HTML, 9.2.5); an event ends with an empty one.
    func events() -> [(at: Instant, data: ArraySlice<UInt8>)] {
        var events: [(at: Instant, data: ArraySlice<UInt8>)] = []
        var data: ArraySlice<UInt8>?
        var arrival = arrivals.startIndex
        var lineStart = body.startIndex
        for end in body.indices where body[end] == UInt8(ascii: "\n") {
            var line = body[lineStart..<end]
            lineStart = end + 1
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard line.isEmpty else {
                if line.starts(with: "data:".utf8) { data = line.dropFirst(5).drop { $0 == 0x20 } }
                continue
            }
            guard let complete = data else { continue }
            data = nil
            while arrival < arrivals.endIndex - 1, arrivals[arrival].byteCount <= end { arrival += 1 }
            events.append((arrivals.isEmpty ? endedAt : arrivals[arrival].at, complete))
        }
        return events
    }
}

/// What can be measured on the reply to one request; times in microseconds.
public struct StreamFigures: Sendable {
    /// From the request to the first text, or to the end of a reply without any.
    public var timeToFirstToken: Int64 = 0
    /// Between one piece of text and the next.
    public var gaps: [Int64] = []
    /// As the server counts them; where it does not, the pieces of text.
    public var completionTokens = 0
    public var promptTokens = 0
    /// Of the prompt, what the server did not compute again.
    public var cachedTokens = 0
    /// All pieces of text in their order.
    public private(set) var text = ""
    /// Why it ended, as the server says.
    public private(set) var finishReason: String?
    /// Nil for a whole answer.
    public var fault: String?

    public init(_ reply: StreamReply) {
        fault = reply.fault.map { "\($0)" }
        var last: Instant?
        var pieceCount = 0
        for (at, data) in reply.events() where !data.elementsEqual("[DONE]".utf8) {
            guard let event = (try? JSONValue(parsing: data))?.objectValue else {
                fault = fault ?? "an event of the stream is not JSON"
                continue
            }
            if let error = event["error"] { fault = fault ?? "the stream ended with \(error)" }
            if let usage = event["usage"]?.objectValue { take(usage) }
            guard take(pieceOf: event) else { continue }
            pieceCount += 1
            if let last {
                gaps.append((at - last).microseconds)
            } else {
                timeToFirstToken = (at - reply.sentAt).microseconds
            }
            last = at
        }
        if last == nil { timeToFirstToken = (reply.endedAt - reply.sentAt).microseconds }
        if completionTokens == 0 { completionTokens = pieceCount }
    }

    private mutating func take(_ usage: JSONObject) {
        completionTokens = Int(usage["completion_tokens"]?.integerValue ?? 0)
        promptTokens = Int(usage["prompt_tokens"]?.integerValue ?? 0)
        let details = usage["prompt_tokens_details"]?.objectValue
        cachedTokens = Int(details?["cached_tokens"]?.integerValue ?? 0)
    }

    /// Keeps the text of a piece of a completion or of a chat: an answer, a thought or a call; false where it
    /// has none.
    private mutating func take(pieceOf event: JSONObject) -> Bool {
        guard let choice = event["choices"]?.arrayValue?.first?.objectValue else { return false }
        finishReason = choice["finish_reason"]?.stringValue ?? finishReason
        let delta = choice["delta"]
        let values = [choice["text"], delta?["content"], delta?["reasoning_content"]]
        let pieces = values.compactMap { $0?.stringValue }
        text += pieces.joined()
        return pieces.contains { !$0.isEmpty } || delta?["tool_calls"]?.arrayValue?.isEmpty == false
    }
}
