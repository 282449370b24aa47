internal import Contract
internal import JSON

/// One item of a response's output, with the places at which its stream was cut.
///
/// Text and cuts are all that is needed to write every event of the item again, to the byte.
struct ResponseItem: Sendable {
    enum Kind: Hashable, Sendable {
        case reasoning
        case message
        case call(ToolCallHead)
    }

    enum Status: String, Sendable {
        case inProgress = "in_progress"
        case completed
        case incomplete
    }

    /// One delta: so many bytes of the text, and how likely its tokens were.
    struct Cut: Sendable {
        var byteCount: Int
        var logprobCount = 0
        /// Objects with commas between them.
        var logprobs: [UInt8] = []
    }

    let kind: Kind
    let id: String
    var status = Status.inProgress
    /// What was thought or said, or the arguments of a call.
    private(set) var text = ""
    private(set) var cuts: [Cut] = []
    /// Given back by clients in place of a thought.
    var isSealed = false

    init(_ kind: Kind, _ response: ResponseID, number: Int) {
        self.kind = kind
        id = response.item(ResponseInput.prefix(Self.type(kind)), number)
    }

    mutating func append(_ piece: String, _ cut: Cut) {
        text += piece
        cuts.append(cut)
    }

    /// The pieces that the text came in.
    var pieces: [String] {
        let bytes = Array(text.utf8)
        var start = 0
        return cuts.map { cut in
            let end = min(bytes.count, start + max(0, cut.byteCount))
            defer { start = end }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
    }

    /// Of the whole text; empty where nobody asked.
    var logprobs: [UInt8] {
        Array(cuts.map(\.logprobs).filter { !$0.isEmpty }.joined(separator: [UInt8(ascii: ",")]))
    }

    private static func type(_ kind: Kind) -> String {
        switch kind {
        case .reasoning: "reasoning"
        case .message: "message"
        case .call: "function_call"
        }
    }

    /// The item as a client sees it; one that is open has no content yet.
    func object(isOpen: Bool) -> JSONObject {
        let status = JSONValue.string((isOpen ? .inProgress : status).rawValue)
        var object: JSONObject = ["id": .string(id), "type": .string(Self.type(kind)), "status": status]
        switch kind {
        case .reasoning:
            object["summary"] = []
            object["content"] = isOpen ? [] : [part(isOpen: false)]
            if isSealed { object["encrypted_content"] = .string(ResponseHistory.seal + (isOpen ? "" : text)) }
        case .message:
            object["role"] = "assistant"
            object["content"] = isOpen ? [] : [part(isOpen: false)]
        case .call(let head):
            object["call_id"] = .string(head.id)
            object["name"] = .string(head.name)
            object["arguments"] = .string(isOpen ? "" : text)
        }
        return object
    }

    /// The one part of its content.
    func part(isOpen: Bool) -> JSONValue {
        let text = JSONValue.string(isOpen ? "" : text)
        guard kind == .message else { return ["type": "reasoning_text", "text": text] }
        let told = isOpen ? [] : (try? JSONValue(parsing: "[".utf8 + logprobs + "]".utf8)) ?? []
        return ["type": "output_text", "text": text, "annotations": [], "logprobs": told]
    }
}

/// In a store, an item is what a client sees with its cuts beside it.
extension ResponseItem {
    var stored: JSONValue {
        var stored: JSONObject = [
            "item": .object(object(isOpen: false)),
            "cuts": .array(cuts.map { .integer(Int64($0.byteCount)) }),
        ]
        if cuts.contains(where: { $0.logprobCount > 0 }) {
            stored["logprobs"] = .array(cuts.map { .integer(Int64($0.logprobCount)) })
        }
        return .object(stored)
    }

    init?(stored: JSONValue) {
        guard let item = stored["item"], let id = item["id"]?.stringValue,
            let status = item["status"]?.stringValue.flatMap({ Status(rawValue: $0) })
        else { return nil }
        switch item["type"] {
        case "reasoning": kind = .reasoning
        case "message": kind = .message
        case "function_call":
            guard let call = item["call_id"]?.stringValue, let name = item["name"]?.stringValue else {
                return nil
            }
            kind = .call(ToolCallHead(id: call, name: name))
        default: return nil
        }
        self.id = id
        self.status = status
        let part = item["content"]?.arrayValue?.first
        text = (part?["text"] ?? item["arguments"])?.stringValue ?? ""
        isSealed = item["encrypted_content"] != nil
        var odds = (part?["logprobs"]?.arrayValue ?? [])[...]
        let counts = stored["logprobs"]?.arrayValue ?? []
        for (index, length) in (stored["cuts"]?.arrayValue ?? []).enumerated() {
            let count = counts.indices.contains(index) ? Int(clamping: counts[index].integerValue ?? 0) : 0
            let own = odds.prefix(max(0, count))
            odds = odds.dropFirst(max(0, count))
            cuts.append(
                Cut(
                    byteCount: Int(clamping: length.integerValue ?? 0),
                    logprobCount: own.count,
                    logprobs: Array(own.map(\.serialized).joined(separator: [UInt8(ascii: ",")]))
                )
            )
        }
    }
}
