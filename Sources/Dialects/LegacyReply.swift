internal import Contract
internal import JSON

/// A completion of Anthropic's older API being written.
///
/// Streamed: an event `completion` for each stretch of text, the last one without text and with the reason.
struct LegacyReply: ReplyWriter {
    private var tally: ReplyTally
    private let shape: ReplyShape
    private let identity: ReplyIdentity
    private var text = ""

    init(_ shape: ReplyShape, _ identity: ReplyIdentity) {
        tally = ReplyTally(shape)
        self.shape = shape
        self.identity = identity
    }

    var state: ReplyState { tally.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        tally.count(record, choice: choice)
        if shape.streams {
            if !record.text.isEmpty { append(body(record.text), to: &bytes) }
            if state != .running { appendEnd(to: &bytes) }
        } else {
            text += record.text
        }
    }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        guard shape.streams else { return }
        guard tally.hasBegun else { return KeepAlive.appendComment(place, to: &bytes) }
        bytes += "event: ping\ndata: {\"type\":\"ping\"}\n\n".utf8
    }

    mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) {
        guard state == .running else { return }
        tally.fail(error)
        if shape.streams { appendEnd(to: &bytes) }
    }

    func wholeAnswer() -> HttpAnswer {
        if case .failed(let error) = state {
            return Dialect.anthropic.answer(to: error, requestID: identity.requestID)
        }
        precondition(state == .complete, "a reply is whole when its stream has ended")
        let body = JSONValue.object(body(text))
        return Dialect.anthropic.answer(200, body.serialized, requestID: identity.requestID)
    }

    private func appendEnd(to bytes: inout [UInt8]) {
        if case .failed(let error) = state {
            Dialect.anthropic.appendErrorEvent(error, requestID: identity.requestID, to: &bytes)
        } else {
            append(body(""), to: &bytes)
        }
    }

    private func append(_ data: JSONObject, to bytes: inout [UInt8]) {
        bytes += "event: completion\ndata: ".utf8
        JSONWriter.append(.object(data), to: &bytes)
        bytes += "\n\n".utf8
    }

    /// With the reason only where the whole text, or the last of it, is told.
    private func body(_ text: String) -> JSONObject {
        let isLast = state == .complete && (!shape.streams || text.isEmpty)
        var reason = JSONValue.null
        var stop = JSONValue.null
        if isLast {
            switch tally.choices.first?.end {
            case .stop(let sequence):
                reason = "stop_sequence"
                // The end of a turn is where the next one would begin.
                stop = .string(sequence ?? LegacyEndpoint.human)
            case .length: reason = "max_tokens"
            case .cancelled, .failed, nil: break
            }
        }
        return [
            "type": "completion", "id": .string("compl_\(identity.job)"), "completion": .string(text),
            "stop_reason": reason, "stop": stop, "model": .string(identity.model),
            "log_id": .string(identity.requestID),
        ]
    }
}
