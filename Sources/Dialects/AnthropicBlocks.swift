internal import Contract
internal import JSON

/// The content blocks of a message being written, streamed or whole.
///
/// A block begins with the first piece of its kind and ends with the first of another one, so what begins is
/// always what follows. Thinking that is not to be seen leaves a block without its text.
struct AnthropicBlocks: Sendable {
    private enum Kind: Hashable, Sendable {
        case text
        case thinking
        case call(ToolCallHead)
    }

    private let streams: Bool
    private let thinking: ThinkingDisplay
    private let job: JobID
    private var open: Kind?
    private var count = 0
    /// Of the open block, in a whole reply: escaped text, or JSON.
    private var content: [UInt8] = []
    /// The blocks that are whole, with commas between them.
    private(set) var whole: [UInt8] = []

    init(streams: Bool, thinking: ThinkingDisplay, job: JobID) {
        self.streams = streams
        self.thinking = thinking
        self.job = job
    }

    mutating func accept(_ piece: OutputPiece, into bytes: inout [UInt8]) {
        switch piece {
        case .text(let text): append(text, .text, into: &bytes)
        case .thinking(let text):
            switch thinking {
            case .shown: append(text, .thinking, into: &bytes)
            case .signed: enter(.thinking, into: &bytes)
            case .hidden: break
            }
        case .callBegan(let head):
            close(into: &bytes)
            begin(.call(head), into: &bytes)
        case .arguments(let json):
            guard case .call = open else { return }
            guard streams else { return content += json.utf8 }
            appendDelta("input_json_delta", "partial_json", json, to: &bytes)
        case .callEnded: close(into: &bytes)
        }
    }

    /// Ends the block that is open, if one is.
    mutating func close(into bytes: inout [UInt8]) {
        guard let kind = open else { return }
        if streams {
            if kind == .thinking { appendDelta("signature_delta", "signature", signature, to: &bytes) }
            Self.append("content_block_stop", ["type": "content_block_stop", "index": index], to: &bytes)
        } else {
            if !whole.isEmpty { whole.append(UInt8(ascii: ",")) }
            whole += block(kind)
        }
        open = nil
        count += 1
    }

    private mutating func append(_ text: String, _ kind: Kind, into bytes: inout [UInt8]) {
        enter(kind, into: &bytes)
        guard streams else { return JSONWriter.append(escaping: text, to: &content) }
        if kind == .thinking {
            appendDelta("thinking_delta", "thinking", text, to: &bytes)
        } else {
            appendDelta("text_delta", "text", text, to: &bytes)
        }
    }

    private mutating func enter(_ kind: Kind, into bytes: inout [UInt8]) {
        guard open != kind else { return }
        close(into: &bytes)
        begin(kind, into: &bytes)
    }

    private mutating func begin(_ kind: Kind, into bytes: inout [UInt8]) {
        open = kind
        content.removeAll(keepingCapacity: true)
        guard streams else { return }
        let block: JSONObject =
            switch kind {
            case .text: ["citations": nil, "type": "text", "text": ""]
            case .thinking: ["type": "thinking", "thinking": "", "signature": ""]
            case .call(let head):
                ["type": "tool_use", "id": .string(head.id), "name": .string(head.name), "input": [:]]
            }
        let start: JSONObject = [
            "type": "content_block_start", "index": index, "content_block": .object(block),
        ]
        Self.append("content_block_start", start, to: &bytes)
    }

    /// A block as a whole reply has it.
    private func block(_ kind: Kind) -> [UInt8] {
        func member(_ name: String, _ text: String) -> [UInt8] {
            Array(#""\#(name)":\#(JSONValue.string(text))"#.utf8)
        }
        switch kind {
        case .text:
            return Array(#"{"citations":null,"type":"text","text":""#.utf8) + content + Array("\"}".utf8)
        case .thinking:
            return Array(#"{"type":"thinking","thinking":""#.utf8) + content + Array("\",".utf8)
                + member("signature", signature) + Array("}".utf8)
        case .call(let head):
            return Array(#"{"type":"tool_use","#.utf8) + member("id", head.id) + Array(",".utf8)
                + member("name", head.name) + Array(#","input":"#.utf8) + ToolInput.object(content)
                + Array("}".utf8)
        }
    }

    private var index: JSONValue { .integer(Int64(count)) }

    /// Clients give it back with the block; it only has to be there.
    private var signature: String { "\(job).\(count)" }

    /// An event per token: the constant parts are not made anew.
    private func appendDelta(_ type: String, _ member: String, _ text: String, to bytes: inout [UInt8]) {
        bytes += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":".utf8
        bytes += String(count).utf8
        bytes += ",\"delta\":{\"type\":\"".utf8
        bytes += type.utf8
        bytes += "\",\"".utf8
        bytes += member.utf8
        bytes += "\":\"".utf8
        JSONWriter.append(escaping: text, to: &bytes)
        bytes += "\"}}\n\n".utf8
    }

    /// An event that is no text: few per reply, so a tree is good enough.
    static func append(_ event: String, _ data: JSONObject, to bytes: inout [UInt8]) {
        bytes += "event: \(event)\ndata: ".utf8
        JSONWriter.append(.object(data), to: &bytes)
        bytes += "\n\n".utf8
    }
}
