internal import Contract
internal import JSON

/// Writes the events of a response's stream, numbered from 0 without a gap.
///
///     response.created [queued] in_progress
///     per item   output_item.added  content_part.added  …delta…  …done  content_part.done  output_item.done
///     response.completed | incomplete | failed
///
/// Events that a client has already, and those that are too many for now, are counted and not written.
struct ResponseEvents: Sendable {
    /// The number of the next event.
    private(set) var next = 0
    /// The number of the last event that was told, now or before.
    private(set) var told: Int?
    private let limit: Int

    init(after position: Int? = nil, limit: Int = .max) {
        told = position
        self.limit = limit
    }

    /// Whether every event was told.
    var isAll: Bool { told ?? -1 >= next - 1 }

    // MARK: The reply

    /// What is said of a transcript before its first item.
    mutating func begin(_ transcript: ResponseTranscript, into bytes: inout [UInt8]) {
        let status = transcript.isBackground ? "queued" : "in_progress"
        tell("response.created", transcript.object(status: status), into: &bytes)
        if transcript.wasQueued { queue(transcript, into: &bytes) }
        if transcript.hasStarted { start(transcript, into: &bytes) }
    }

    mutating func queue(_ transcript: ResponseTranscript, into bytes: inout [UInt8]) {
        tell("response.queued", transcript.object(status: "queued"), into: &bytes)
    }

    mutating func start(_ transcript: ResponseTranscript, into bytes: inout [UInt8]) {
        tell("response.in_progress", transcript.object(status: "in_progress"), into: &bytes)
    }

    mutating func end(_ transcript: ResponseTranscript, into bytes: inout [UInt8]) {
        guard let result = transcript.result else { return }
        tell(result.event, transcript.object, into: &bytes)
    }

    private mutating func tell(
        _ type: String,
        _ response: @autoclosure () -> JSONObject,
        into bytes: inout [UInt8]
    ) {
        append(type, into: &bytes) { $0["response"] = .object(response()) }
    }

    // MARK: Items

    mutating func open(_ item: ResponseItem, at index: Int, into bytes: inout [UInt8]) {
        append("response.output_item.added", into: &bytes) {
            $0["output_index"] = .integer(Int64(index))
            $0["item"] = .object(item.object(isOpen: true))
        }
        guard item.hasParts else { return }
        appendPart("response.content_part.added", item, index, isOpen: true, into: &bytes)
    }

    /// The next stretch of an item's text: an event per token, so that no tree is made of it.
    mutating func append(
        _ piece: String,
        _ cut: ResponseItem.Cut,
        of item: ResponseItem,
        at index: Int,
        into bytes: inout [UInt8]
    ) {
        guard takesNext(bytes) else { return }
        Self.appendHead(item.delta, next - 1, to: &bytes)
        appendPlace(of: item, index, to: &bytes)
        bytes += #","delta":""#.utf8
        JSONWriter.append(escaping: piece, to: &bytes)
        bytes += "\"".utf8
        if item.kind == .message {
            bytes += #","logprobs":["#.utf8
            bytes += cut.logprobs
            bytes += "]".utf8
        }
        bytes += "}\n\n".utf8
    }

    mutating func close(_ item: ResponseItem, at index: Int, into bytes: inout [UInt8]) {
        if takesNext(bytes) { appendDone(item, index, to: &bytes) }
        if item.hasParts {
            appendPart("response.content_part.done", item, index, isOpen: false, into: &bytes)
        }
        append("response.output_item.done", into: &bytes) {
            $0["output_index"] = .integer(Int64(index))
            $0["item"] = .object(item.object(isOpen: false))
        }
    }

    private func appendDone(_ item: ResponseItem, _ index: Int, to bytes: inout [UInt8]) {
        Self.appendHead(item.done, next - 1, to: &bytes)
        appendPlace(of: item, index, to: &bytes)
        switch item.kind {
        case .call(let head):
            bytes += #","name":"#.utf8
            JSONWriter.append(quoting: head.name, to: &bytes)
            bytes += #","arguments":"#.utf8
            JSONWriter.append(quoting: item.text, to: &bytes)
        case .reasoning, .message:
            bytes += #","text":"#.utf8
            JSONWriter.append(quoting: item.text, to: &bytes)
        }
        if item.kind == .message {
            bytes += #","logprobs":["#.utf8
            bytes += item.logprobs
            bytes += "]".utf8
        }
        bytes += "}\n\n".utf8
    }

    private mutating func appendPart(
        _ type: String,
        _ item: ResponseItem,
        _ index: Int,
        isOpen: Bool,
        into bytes: inout [UInt8]
    ) {
        append(type, into: &bytes) {
            $0["item_id"] = .string(item.id)
            $0["output_index"] = .integer(Int64(index))
            $0["content_index"] = 0
            $0["part"] = item.part(isOpen: isOpen)
        }
    }

    private func appendPlace(of item: ResponseItem, _ index: Int, to bytes: inout [UInt8]) {
        bytes += #","item_id":"\#(item.id)","output_index":"#.utf8
        bytes += String(index).utf8
        if item.hasParts { bytes += #","content_index":0"#.utf8 }
    }

    // MARK: Events

    private mutating func append(
        _ type: String,
        into bytes: inout [UInt8],
        _ fill: (inout JSONObject) -> Void
    ) {
        guard takesNext(bytes) else { return }
        var event: JSONObject = [:]
        fill(&event)
        Self.appendHead(type, next - 1, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        bytes += JSONValue.object(event).serialized.dropFirst()
        bytes += "\n\n".utf8
    }

    private static func appendHead(_ type: String, _ number: Int, to bytes: inout [UInt8]) {
        bytes += "event: ".utf8
        bytes += type.utf8
        bytes += "\ndata: {\"type\":\"".utf8
        bytes += type.utf8
        bytes += "\",\"sequence_number\":".utf8
        bytes += String(number).utf8
    }

    /// Counts the next event, and says whether it is written.
    private mutating func takesNext(_ bytes: [UInt8]) -> Bool {
        let number = next
        next += 1
        guard number == (told ?? -1) + 1, bytes.count < limit else { return false }
        told = number
        return true
    }
}

extension ResponseItem {
    /// Whether its text lies in a part of its content.
    var hasParts: Bool { kind == .message || kind == .reasoning }

    /// What the event of its next stretch is called.
    var delta: String {
        switch kind {
        case .message: "response.output_text.delta"
        case .reasoning: "response.reasoning_text.delta"
        case .call: "response.function_call_arguments.delta"
        }
    }

    var done: String {
        switch kind {
        case .message: "response.output_text.done"
        case .reasoning: "response.reasoning_text.done"
        case .call: "response.function_call_arguments.done"
        }
    }
}
