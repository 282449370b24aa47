internal import Contract
internal import JSON

/// The words in which OpenAI's two text APIs differ.
struct OpenAIReplyWords: Sendable {
    var idPrefix: String
    var wholeObject: String
    var chunkObject: String
    var logprobs: LogprobLists.Form
    /// Between a choice's index and the text of a chunk, and behind it; logprobs and finish reason follow.
    var beforeDelta: String
    var afterDelta: String
    /// A chunk without text; the finish reason follows.
    var atEnd: String
}

/// The bytes of an OpenAI reply, streamed or whole.
///
/// A chunk is a constant head, the choice's index, a constant, the escaped text and a constant tail: no JSON
/// tree is built per token.
struct OpenAIReplyBody: Sendable {
    private let streams: Bool
    private let includesUsage: Bool
    private let requestID: String
    /// Of a chunk or of the whole reply, whichever this one needs: up to and including `"choices":[`.
    private let head: [UInt8]
    private let chunkTail: [UInt8]
    private let beforeDelta: [UInt8]
    private let afterDelta: [UInt8]
    private let words: OpenAIReplyWords
    /// Why a choice with calls ended, in quotes.
    private let callReason: String
    /// Which choices are shown of a whole reply.
    private var ranking: ChoiceRanking
    /// Of each choice; empty where the request did not ask for them.
    private var logprobs: [LogprobLists]
    /// Of the prompt of each choice; empty where the request did not ask for them.
    private var promptLogprobs: [PromptLogprobs]
    private let echoesPrompt: Bool

    private static let noLogprobs = Array(#","logprobs":null,"finish_reason":"#.utf8)

    init(_ shape: ReplyShape, _ identity: ReplyIdentity, _ words: OpenAIReplyWords) {
        streams = shape.streams
        includesUsage = shape.includesUsage
        requestID = identity.requestID
        self.words = words
        callReason = shape.saysFunctions ? "\"function_call\"" : "\"tool_calls\""
        head = Self.head(words, shape, identity)
        chunkTail = Array((shape.includesUsage ? "],\"usage\":null}\n\n" : "]}\n\n").utf8)
        beforeDelta = Array(words.beforeDelta.utf8)
        afterDelta = Array(words.afterDelta.utf8)
        ranking = ChoiceRanking(shape)
        logprobs = Array(
            repeating: LogprobLists(words.logprobs, topCount: shape.topLogprobs),
            count: shape.tellsLogprobs ? shape.promptCount * shape.choicesPerPrompt : 0
        )
        promptLogprobs = Array(
            repeating: PromptLogprobs(topCount: shape.promptLogprobs ?? 0),
            count: shape.promptLogprobs == nil ? 0 : shape.promptCount * shape.choicesPerPrompt
        )
        echoesPrompt = shape.echoesPrompt
    }

    /// Takes what a record says of its tokens' likelihood; before its text is shown.
    mutating func note(_ record: TokenRecord, _ choice: Int) {
        ranking.note(record, choice)
        if record.isPrompt, !promptLogprobs.isEmpty { promptLogprobs[choice].append(record) }
        guard !logprobs.isEmpty, echoesPrompt || !record.isPrompt else { return }
        logprobs[choice].append(record)
    }

    /// Shows the end of a record that the tally has counted, and the reply's end if it was the last.
    mutating func acceptEnd(
        _ record: TokenRecord,
        _ choice: Int,
        _ tally: ReplyTally,
        into bytes: inout [UInt8]
    ) {
        // Logprobs of a record without text have a chunk of their own.
        if tellsLogprobs(choice) { appendText("", choice, to: &bytes) }
        guard record.end != nil else { return }
        if let reason = finishReason(tally.choices[choice]) {
            let end = reason + stopReason(tally.choices[choice])
            appendChunk(choice, words.atEnd + end + "}", to: &bytes)
        }
        if tally.state != .running { appendEnd(tally, to: &bytes) }
    }

    /// A chunk of text.
    mutating func append(_ text: String, _ choice: Int, to bytes: inout [UInt8]) {
        if !text.isEmpty { appendText(text, choice, to: &bytes) }
    }

    private mutating func appendText(_ text: String, _ choice: Int, to bytes: inout [UInt8]) {
        guard streams else { return }
        bytes += head
        appendIndex(choice, to: &bytes)
        bytes += beforeDelta
        JSONWriter.append(escaping: text, to: &bytes)
        bytes += afterDelta
        if tellsLogprobs(choice) { appendLogprobs(choice, to: &bytes) } else { bytes += Self.noLogprobs }
        bytes += "null}".utf8
        bytes += chunkTail
    }

    /// Whether there are some that have not been shown.
    private func tellsLogprobs(_ choice: Int) -> Bool { !logprobs.isEmpty && !logprobs[choice].isEmpty }

    private mutating func appendLogprobs(_ choice: Int, to bytes: inout [UInt8]) {
        guard !logprobs.isEmpty else { return bytes += Self.noLogprobs }
        bytes += #","logprobs":"#.utf8
        logprobs[choice].take(into: &bytes)
        bytes += #","finish_reason":"#.utf8
    }

    /// A chunk that does not carry text.
    func appendChunk(_ choice: Int, _ rest: String, to bytes: inout [UInt8]) {
        guard streams else { return }
        bytes += head
        appendIndex(choice, to: &bytes)
        bytes += rest.utf8
        bytes += chunkTail
    }

    func appendEnd(_ tally: ReplyTally, to bytes: inout [UInt8]) {
        guard streams else { return }
        switch tally.state {
        case .running: break
        case .failed(let error): Dialect.openAI.appendErrorEvent(error, requestID: requestID, to: &bytes)
        case .complete:
            if includesUsage {
                bytes += head
                bytes += "],\"usage\":".utf8
                JSONWriter.append(tally.usage.openAI, to: &bytes)
                bytes += "}\n\n".utf8
            }
            bytes += "data: [DONE]\n\n".utf8
        }
    }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        if streams { KeepAlive.appendComment(place, to: &bytes) }
    }

    /// `appendText` writes what a choice holds between its index and its finish reason.
    func wholeAnswer(
        _ tally: ReplyTally,
        _ appendText: (Int, inout [UInt8]) -> Void
    ) -> HttpAnswer {
        if case .failed(let error) = tally.state {
            return Dialect.openAI.answer(to: error, requestID: requestID)
        }
        precondition(!streams && tally.state == .complete, "a reply is whole when all its choices have ended")
        var bytes = head
        var copy = self
        for (place, index) in ranking.shown.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            appendIndex(place, to: &bytes)
            appendText(index, &bytes)
            copy.appendLogprobs(index, to: &bytes)
            bytes += (finishReason(tally.choices[index]) ?? "null").utf8
            bytes += stopReason(tally.choices[index]).utf8
            if words.logprobs == .completion { appendPromptLogprobs(index, to: &bytes) }
            bytes += "}".utf8
        }
        bytes += "],\"usage\":".utf8
        JSONWriter.append(tally.usage.openAI, to: &bytes)
        // All choices of a chat have the one prompt.
        if words.logprobs == .chat { appendPromptLogprobs(0, to: &bytes) }
        bytes += "}".utf8
        return Dialect.openAI.answer(200, bytes, requestID: requestID)
    }

    private func appendPromptLogprobs(_ choice: Int, to bytes: inout [UInt8]) {
        guard !promptLogprobs.isEmpty else { return }
        bytes += #","prompt_logprobs":"#.utf8
        promptLogprobs[choice].write(to: &bytes)
    }

    private func appendIndex(_ choice: Int, to bytes: inout [UInt8]) {
        bytes += #"{"index":"#.utf8
        bytes += String(choice).utf8
    }

    private static func head(
        _ words: OpenAIReplyWords,
        _ shape: ReplyShape,
        _ identity: ReplyIdentity
    ) -> [UInt8] {
        let members: JSONObject = [
            "id": .string(words.idPrefix + identity.job.description),
            "object": .string(shape.streams ? words.chunkObject : words.wholeObject),
            "created": .integer(Int64(clamping: identity.created)),
            "model": .string(identity.model),
            "service_tier": .string(shape.lane.tierName(in: .openAI)),
            "system_fingerprint": identity.fingerprint.isEmpty ? .null : .string(identity.fingerprint),
        ]
        var bytes = Array((shape.streams ? "data: " : "").utf8)
        bytes += JSONValue.object(members).serialized.dropLast()
        bytes += #","choices":["#.utf8
        return bytes
    }

    /// In quotes; nil for an end that is an error.
    private func finishReason(_ choice: ReplyTally.Choice) -> String? {
        switch choice.end {
        case .stop: choice.hasCalls ? callReason : "\"stop\""
        case .length: "\"length\""
        case .cancelled, .failed, nil: nil
        }
    }

    /// Which stop text ended a choice, null for none; vLLM's clients look for it beside the finish reason.
    private func stopReason(_ choice: ReplyTally.Choice) -> String {
        guard case .stop(let sequence?) = choice.end else { return ",\"stop_reason\":null" }
        return ",\"stop_reason\":\(JSONValue.string(sequence))"
    }
}

extension ReplyUsage {
    /// OpenAI's `usage` object.
    var openAI: JSONValue {
        let prompt = Int64(clamping: promptTokens)
        let completion = Int64(clamping: completionTokens)
        return [
            "prompt_tokens": .integer(prompt),
            "completion_tokens": .integer(completion),
            "total_tokens": .integer(Int64(clamping: promptTokens + completionTokens)),
            "prompt_tokens_details": [
                "cached_tokens": .integer(Int64(clamping: cachedTokens)), "audio_tokens": 0,
            ],
            "completion_tokens_details": [
                "reasoning_tokens": .integer(Int64(clamping: thinkingTokens)), "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            ],
        ]
    }
}
