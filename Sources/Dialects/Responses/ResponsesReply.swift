public import Contract
internal import JSON

/// A response being written: gathers what comes of it, and tells the events of its stream meanwhile.
///
/// It does not end by itself when its tokens have come: `end` does that, once it is known whether the reply
/// could be stored, because that is the first thing a client may rely on.
public struct ResponsesReply: ReplyWriter {
    public private(set) var transcript: ResponseTranscript
    private var tally: ReplyTally
    private var pieces = OutputPieces()
    private var events = ResponseEvents()
    private var logprobs = LogprobLists(.chat)
    private var logprobCount = 0
    /// Whether anything was told yet.
    private var hasBegun = false
    /// How it ended, until that is told.
    private var result: ResponseResult?
    private let settings: ResponseSettings
    private let tellsEvents: Bool
    private let showsThinking: Bool
    private let identity: ReplyIdentity

    init(
        _ draft: ResponseDraft,
        _ shape: ReplyShape,
        _ identity: ReplyIdentity,
        _ sampling: Sampling
    ) {
        tally = ReplyTally(shape)
        settings = draft.settings
        self.identity = identity
        tellsEvents = shape.streams || draft.settings.isBackground
        showsThinking = shape.thinking == .shown
        let id = ResponseID(identity.job)
        var base: JSONObject = [
            "id": .string(id.description), "object": "response",
            "created_at": .integer(Int64(clamping: identity.created)), "model": .string(identity.model),
        ]
        for (key, value) in draft.settings.shown { base[key] = value }
        base["service_tier"] = .string(shape.lane.tierName(in: .openAI))
        base["store"] = .bool(draft.settings.isStored)
        // As few digits as a client would write.
        base["temperature"] = .number(Double("\(sampling.temperature)") ?? Double(sampling.temperature))
        base["top_p"] = .number(Double("\(sampling.topP)") ?? Double(sampling.topP))
        transcript = ResponseTranscript(id: id, base: base, input: draft.input.items(of: id))
    }

    public var state: ReplyState { tally.state }
    /// Whether its client wants events.
    public var streams: Bool { tally.streams }
    public var isStored: Bool { settings.isStored }
    public var isBackground: Bool { settings.isBackground }

    /// Tells that it waits.
    public mutating func queue(into bytes: inout [UInt8]) {
        guard !transcript.wasQueued, !transcript.hasStarted, state == .running else { return }
        begin(into: &bytes)
        transcript.wasQueued = true
        if tellsEvents { events.queue(transcript, into: &bytes) }
    }

    public mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        tally.count(record, choice: choice)
        // What breaks before anything was shown can still be answered with a status of its own.
        if hasBegun || !hasFailed { start(into: &bytes) }
        let before = pieces
        let new = pieces.pieces(of: record)
        note(record, before, pieces)
        for piece in new { take(piece, into: &bytes) }
        if state != .running { closeLast(into: &bytes) }
    }

    public func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        if tellsEvents { KeepAlive.appendComment(place, to: &bytes) }
    }

    public mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) {
        guard state == .running else { return }
        tally.fail(error)
        closeLast(into: &bytes)
    }

    /// What is to be stored when the reply has ended; to the client, that is told by `tellEnd`.
    public mutating func end(at seconds: UInt64) -> ResponseTranscript {
        var result = ResponseResult(status, ended: seconds)
        if case .failed(let error) = state, error.code != .cancelled {
            result.error = ResponseResult.error(error)
        }
        if result.status == .incomplete { result.incompleteReason = "max_output_tokens" }
        if tally.choices.first?.opening != nil { result.usage = tally.usage.responses }
        self.result = result
        var ended = transcript
        ended.end(result)
        return ended
    }

    /// The last event; a reply that could not be stored says so.
    public mutating func tellEnd(isStored: Bool, into bytes: inout [UInt8]) {
        guard var result, !transcript.hasEnded else { return }
        result.isStored = isStored
        transcript.end(result)
        if tellsEvents, hasBegun { events.end(transcript, into: &bytes) }
    }

    /// The number of the last event that was told; nil before the first.
    public var position: Int? { events.told }

    /// Whether nothing was shown or made, so that a refusal can still have a status of its own.
    public var isSilent: Bool { !hasBegun }

    public func wholeAnswer() -> HttpAnswer {
        if case .failed(let error) = state, !settings.isBackground {
            return Dialect.openAI.answer(to: error, requestID: identity.requestID)
        }
        return transcript.answer(requestID: identity.requestID)
    }

    // MARK: Parts

    private var hasFailed: Bool { if case .failed = state { true } else { false } }

    private var status: ResponseResult.Status {
        switch state {
        case .failed(let error): error.code == .cancelled ? .cancelled : .failed
        case .complete, .running: tally.choices.first?.end == .length ? .incomplete : .completed
        }
    }

    private mutating func begin(into bytes: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        if tellsEvents { events.begin(transcript, into: &bytes) }
    }

    private mutating func start(into bytes: inout [UInt8]) {
        guard !transcript.hasStarted else { return }
        begin(into: &bytes)
        transcript.hasStarted = true
        if tellsEvents { events.start(transcript, into: &bytes) }
    }

    private mutating func take(_ piece: OutputPiece, into bytes: inout [UInt8]) {
        switch piece {
        case .text(let text): append(text, .message, into: &bytes)
        case .thinking(let text): if showsThinking { append(text, .reasoning, into: &bytes) }
        case .callBegan(let head): open(.call(head), into: &bytes)
        case .arguments(let text):
            guard case .call? = openKind else { return }
            appendToLast(text, into: &bytes)
        case .callEnded: close(.completed, into: &bytes)
        }
    }

    private mutating func append(_ text: String, _ kind: ResponseItem.Kind, into bytes: inout [UInt8]) {
        if openKind != kind { open(kind, into: &bytes) }
        appendToLast(text, into: &bytes)
    }

    private mutating func appendToLast(_ text: String, into bytes: inout [UInt8]) {
        guard let last = transcript.items.indices.last else { return }
        var cut = ResponseItem.Cut(byteCount: text.utf8.count)
        if transcript.items[last].kind == .message, logprobCount > 0 {
            cut.logprobCount = logprobCount
            cut.logprobs = logprobs.takeObjects()
            logprobCount = 0
        }
        transcript.items[last].append(text, cut)
        guard tellsEvents else { return }
        events.append(text, cut, of: transcript.items[last], at: last, into: &bytes)
    }

    private mutating func open(_ kind: ResponseItem.Kind, into bytes: inout [UInt8]) {
        close(.completed, into: &bytes)
        let number = transcript.input.count + transcript.items.count
        var item = ResponseItem(kind, transcript.id, number: number)
        item.isSealed = settings.sealsThoughts && kind == .reasoning
        transcript.items.append(item)
        guard tellsEvents else { return }
        events.open(item, at: transcript.items.count - 1, into: &bytes)
    }

    private var openKind: ResponseItem.Kind? {
        transcript.items.last.flatMap { $0.status == .inProgress ? $0.kind : nil }
    }

    private mutating func close(_ status: ResponseItem.Status, into bytes: inout [UInt8]) {
        guard let kind = openKind, let last = transcript.items.indices.last else { return }
        // Logprobs that no text came with.
        if kind == .message, logprobCount > 0 { appendToLast("", into: &bytes) }
        transcript.items[last].status = status
        if tellsEvents { events.close(transcript.items[last], at: last, into: &bytes) }
    }

    /// Nothing more will come: an answer that says nothing at all is an empty message.
    private mutating func closeLast(into bytes: inout [UInt8]) {
        let isWhole = status == .completed
        let says = transcript.items.contains { $0.kind != .reasoning }
        if state == .complete, isWhole, !says { open(.message, into: &bytes) }
        close(isWhole ? .completed : .incomplete, into: &bytes)
    }

    /// Keeps how likely the tokens of the answer were; those of thoughts and calls are not told.
    private mutating func note(_ record: TokenRecord, _ before: OutputPieces, _ after: OutputPieces) {
        guard settings.tellsLogprobs, !record.logprobs.isEmpty, !after.isInCall else { return }
        let thought = min(record.logprobs.count, Int(clamping: record.thinkingTokens))
        let told = before.isThinking ? record.logprobs.dropFirst(thought) : record.logprobs.dropLast(thought)
        logprobs.append(told)
        logprobCount += told.count
    }
}

extension ReplyUsage {
    /// The `usage` of a response.
    var responses: JSONValue {
        [
            "input_tokens": .integer(Int64(clamping: promptTokens)),
            "input_tokens_details": [
                "cached_tokens": .integer(Int64(clamping: cachedTokens)), "cache_write_tokens": 0,
            ],
            "output_tokens": .integer(Int64(clamping: completionTokens)),
            "output_tokens_details": ["reasoning_tokens": .integer(Int64(clamping: thinkingTokens))],
            "total_tokens": .integer(Int64(clamping: promptTokens + completionTokens)),
        ]
    }
}
