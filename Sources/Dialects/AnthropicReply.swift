internal import Contract
internal import JSON

/// A message of Anthropic's API being written.
///
/// Streamed: `message_start` with the prompt's length, so it waits for the stream's opening; the content
/// blocks one after the other; `message_delta` with the reason and the usage; `message_stop`.
struct AnthropicReply: ReplyWriter {
    private var tally: ReplyTally
    private let shape: ReplyShape
    private let identity: ReplyIdentity
    private var pieces = OutputPieces()
    private var blocks: AnthropicBlocks

    init(_ shape: ReplyShape, _ identity: ReplyIdentity) {
        tally = ReplyTally(shape)
        self.shape = shape
        self.identity = identity
        blocks = AnthropicBlocks(
            streams: shape.streams,
            thinking: shape.thinking,
            job: identity.job
        )
    }

    var state: ReplyState { tally.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        let begins = !tally.hasBegun
        tally.count(record, choice: choice)
        if begins, shape.streams { appendStart(to: &bytes) }
        for piece in pieces.pieces(of: record) { blocks.accept(piece, into: &bytes) }
        if state != .running { appendEnd(to: &bytes) }
    }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        guard shape.streams else { return }
        guard tally.hasBegun else {
            return KeepAlive.appendComment(place, to: &bytes)
        }
        AnthropicBlocks.append("ping", ["type": "ping"], to: &bytes)
    }

    mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) {
        guard state == .running else { return }
        tally.fail(error)
        appendEnd(to: &bytes)
    }

    func wholeAnswer() -> HttpAnswer {
        if case .failed(let error) = state {
            return Dialect.anthropic.answer(to: error, requestID: identity.requestID)
        }
        precondition(state == .complete, "a reply is whole when its stream has ended")
        let (reason, sequence) = stop
        var bytes = Array(#"{"id":"#.utf8)
        JSONWriter.append(quoting: id, to: &bytes)
        bytes += #","type":"message","role":"assistant","model":"#.utf8
        JSONWriter.append(quoting: identity.model, to: &bytes)
        bytes += #","content":["#.utf8
        bytes += blocks.whole
        bytes += "]".utf8
        bytes += #","stop_reason":"#.utf8
        JSONWriter.append(reason, to: &bytes)
        bytes += #","stop_sequence":"#.utf8
        JSONWriter.append(sequence, to: &bytes)
        bytes += #","usage":"#.utf8
        JSONWriter.append(.object(usage(tally.usage)), to: &bytes)
        bytes += "}".utf8
        return Dialect.anthropic.answer(200, bytes, requestID: identity.requestID)
    }

    private var id: String { "msg_\(identity.job)" }

    private func appendStart(to bytes: inout [UInt8]) {
        var atStart = tally.usage
        atStart.completionTokens = 0
        let message: JSONObject = [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(identity.model),
            "content": [], "stop_reason": nil, "stop_sequence": nil, "usage": .object(usage(atStart)),
        ]
        let start: JSONObject = ["type": "message_start", "message": .object(message)]
        AnthropicBlocks.append("message_start", start, to: &bytes)
    }

    private mutating func appendEnd(to bytes: inout [UInt8]) {
        if state == .complete { blocks.close(into: &bytes) }
        guard shape.streams else { return }
        if case .failed(let error) = state {
            return Dialect.anthropic.appendErrorEvent(error, requestID: identity.requestID, to: &bytes)
        }
        let (reason, sequence) = stop
        var cumulative = usage(tally.usage)
        for key in ["cache_creation", "service_tier"] { cumulative[key] = nil }
        let delta: JSONObject = [
            "type": "message_delta", "delta": ["stop_reason": reason, "stop_sequence": sequence],
            "usage": .object(cumulative),
        ]
        AnthropicBlocks.append("message_delta", delta, to: &bytes)
        AnthropicBlocks.append("message_stop", ["type": "message_stop"], to: &bytes)
    }

    /// The stop reason and the stop sequence.
    ///
    /// A reply that ended short of its `max_tokens` ran into the model's context.
    private var stop: (JSONValue, JSONValue) {
        switch tally.choices.first?.end {
        case .stop(let sequence?): return ("stop_sequence", .string(sequence))
        case .stop(nil): return (tally.choices.first?.hasCalls == true ? "tool_use" : "end_turn", .null)
        case .length:
            let fillsContext = tally.usage.completionTokens < UInt64(shape.maxTokens ?? 0)
            return (fillsContext ? "model_context_window_exceeded" : "max_tokens", .null)
        case .cancelled, .failed, nil: return (.null, .null)
        }
    }

    /// Cached tokens are not counted as input a second time.
    private func usage(_ usage: ReplyUsage) -> JSONObject {
        [
            "input_tokens": .integer(Int64(clamping: usage.promptTokens - usage.cachedTokens)),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": .integer(Int64(clamping: usage.cachedTokens)),
            "cache_creation": ["ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0],
            "output_tokens": .integer(Int64(clamping: usage.completionTokens)),
            "output_tokens_details": ["thinking_tokens": .integer(Int64(clamping: usage.thinkingTokens))],
            "service_tier": .string(shape.lane.tierName(in: .anthropic)),
        ]
    }
}
