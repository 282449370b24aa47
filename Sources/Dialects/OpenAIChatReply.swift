internal import Contract
internal import JSON

/// A chat completion being written.
///
/// Streamed: per choice a delta with the role, deltas with content, reasoning and tool calls as they come,
/// one with the finish reason; then the usage if it was asked for, then `[DONE]`. To a request that spoke of
/// functions the one call is a `function_call`, which has no id.
struct OpenAIChatReply: ReplyWriter {
    /// What has come of a choice.
    private struct Choice: Sendable {
        var pieces = OutputPieces()
        var callCount = 0
        // Escaped; only filled if the reply is not streamed.
        var content: [UInt8] = []
        var reasoning: [UInt8] = []
        var calls: [Call] = []
    }

    private struct Call: Sendable {
        var head: ToolCallHead
        var arguments: [UInt8] = []

        var quotedArguments: String { "\"" + String(decoding: arguments, as: UTF8.self) + "\"" }
    }

    private var tally: ReplyTally
    private var body: OpenAIReplyBody
    private let streams: Bool
    private let showsThinking: Bool
    private let saysFunctions: Bool
    private var choices: [Choice]

    private static let afterDelta = #","logprobs":null,"finish_reason":null}"#

    init(_ shape: ReplyShape, _ identity: ReplyIdentity) {
        tally = ReplyTally(shape)
        streams = shape.streams
        showsThinking = shape.thinking == .shown
        saysFunctions = shape.saysFunctions
        choices = tally.choices.map { _ in Choice() }
        body = OpenAIReplyBody(
            shape,
            identity,
            OpenAIReplyWords(
                idPrefix: "chatcmpl-",
                wholeObject: "chat.completion",
                chunkObject: "chat.completion.chunk",
                logprobs: .chat,
                beforeDelta: #","delta":{"content":""#,
                afterDelta: #""}"#,
                atEnd: #","delta":{},"logprobs":null,"finish_reason":"#
            )
        )
    }

    var state: ReplyState { tally.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        if !tally.hasBegun { appendRoles(to: &bytes) }
        tally.count(record, choice: choice)
        body.note(record, choice)
        for piece in choices[choice].pieces.pieces(of: record) {
            if streams { append(piece, choice, to: &bytes) } else { collect(piece, choice) }
            if case .callBegan = piece { choices[choice].callCount += 1 }
        }
        body.acceptEnd(record, choice, tally, into: &bytes)
    }

    /// All choices begin together and in order: OpenAI's Python helper for streams fails on a stream whose
    /// first chunk is not of choice 0.
    private func appendRoles(to bytes: inout [UInt8]) {
        for choice in tally.choices.indices {
            body.appendChunk(
                choice,
                #","delta":{"role":"assistant","content":"","refusal":null}"# + Self.afterDelta,
                to: &bytes
            )
        }
    }

    private mutating func append(_ piece: OutputPiece, _ choice: Int, to bytes: inout [UInt8]) {
        let callCount = choices[choice].callCount
        switch piece {
        case .text(let text): body.append(text, choice, to: &bytes)
        case .thinking(let text):
            guard showsThinking else { return }
            let quoted = Self.quoted(text)
            let delta = #","delta":{"reasoning_content":\#(quoted),"reasoning":\#(quoted)}"#
            body.appendChunk(choice, delta + Self.afterDelta, to: &bytes)
        case .callBegan(let head):
            appendCall(
                saysFunctions
                    ? Self.function(of: head, #""""#)
                    : #"{"index":\#(callCount),"# + Self.members(of: head, #""""#) + "}",
                choice,
                to: &bytes
            )
        case .arguments(let text):
            let function = #"{"arguments":\#(Self.quoted(text))}"#
            appendCall(
                saysFunctions ? function : #"{"index":\#(callCount - 1),"function":\#(function)}"#,
                choice,
                to: &bytes
            )
        case .callEnded: break
        }
    }

    private func appendCall(_ call: String, _ choice: Int, to bytes: inout [UInt8]) {
        let member = saysFunctions ? #""function_call":\#(call)"# : #""tool_calls":[\#(call)]"#
        body.appendChunk(choice, #","delta":{\#(member)}"# + Self.afterDelta, to: &bytes)
    }

    private mutating func collect(_ piece: OutputPiece, _ choice: Int) {
        switch piece {
        case .text(let text): JSONWriter.append(escaping: text, to: &choices[choice].content)
        case .thinking(let text):
            if showsThinking { JSONWriter.append(escaping: text, to: &choices[choice].reasoning) }
        case .callBegan(let head): choices[choice].calls.append(Call(head: head))
        case .arguments(let text):
            guard let last = choices[choice].calls.indices.last else { return }
            JSONWriter.append(escaping: text, to: &choices[choice].calls[last].arguments)
        case .callEnded: break
        }
    }

    /// What a call says of itself, with its arguments as a quoted text.
    private static func members(of head: ToolCallHead, _ arguments: String) -> String {
        #""id":\#(quoted(head.id)),"type":"function","function":"# + function(of: head, arguments)
    }

    private static func function(of head: ToolCallHead, _ arguments: String) -> String {
        #"{"name":\#(quoted(head.name)),"arguments":\#(arguments)}"#
    }

    private static func quoted(_ text: String) -> String { JSONValue.string(text).description }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        body.appendKeepAlive(place, into: &bytes)
    }

    mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) {
        guard state == .running else { return }
        tally.fail(error)
        body.appendEnd(tally, to: &bytes)
    }

    func wholeAnswer() -> HttpAnswer {
        body.wholeAnswer(tally) { choice, bytes in
            bytes += #","message":"#.utf8
            appendMessage(choices[choice], to: &bytes)
        }
    }

    private func appendMessage(_ choice: Choice, to bytes: inout [UInt8]) {
        func append(_ name: String, _ escaped: [UInt8]) {
            bytes += #","\#(name)":""#.utf8
            bytes += escaped
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += #"{"role":"assistant""#.utf8
        if choice.content.isEmpty, !choice.calls.isEmpty {
            bytes += #","content":null"#.utf8
        } else {
            append("content", choice.content)
        }
        bytes += #","refusal":null,"annotations":[]"#.utf8
        if !choice.reasoning.isEmpty {
            append("reasoning_content", choice.reasoning)
            append("reasoning", choice.reasoning)
        }
        appendCalls(choice.calls, to: &bytes)
        bytes += "}".utf8
    }

    private func appendCalls(_ calls: [Call], to bytes: inout [UInt8]) {
        guard let first = calls.first else { return }
        if saysFunctions {
            bytes += #","function_call":"#.utf8
            bytes += Self.function(of: first.head, first.quotedArguments).utf8
        } else {
            bytes += #","tool_calls":["#.utf8
            let all = calls.map { "{" + Self.members(of: $0.head, $0.quotedArguments) + "}" }
            bytes += all.joined(separator: ",").utf8
            bytes += "]".utf8
        }
    }
}
