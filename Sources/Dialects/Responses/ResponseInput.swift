internal import Contract
internal import JSON

/// The items of a request's `input`, in the one form in which they are kept, shown and rendered.
///
/// | item in                            | becomes                                                   |
/// |------------------------------------|-----------------------------------------------------------|
/// | a string                           | a message of the user                                     |
/// | a message, with its type or without | the same, its content a list of parts                    |
/// | function_call, function_call_output | the same                                                 |
/// | reasoning                          | the same; what was thought is found again in `content`    |
/// | item_reference                     | the item that it names, once that is known                |
/// | any other type                     | refused by name                                           |
struct ResponseInput: Sendable {
    /// One item, and what to call it in an error.
    struct Entry: Sendable {
        var item: JSONObject
        var place: String
    }

    private(set) var entries: [Entry] = []

    private static let roles: Set = ["user", "system", "developer", "assistant"]
    private static let statuses: Set = ["in_progress", "completed", "incomplete"]

    init(_ fields: RequestFields) throws(DialectError) {
        guard let value = fields["input"] else { return }
        let place = fields.name("input")
        if let text = value.stringValue {
            entries = [Entry(item: Self.message("user", [Self.part("input_text", text)]), place: place)]
            return
        }
        guard value.arrayValue != nil else { throw fields.wrong("input", value, "a string or an array") }
        let elements = try fields.elements("input", atMost: RequestLimits.messageCount) ?? []
        for (index, element) in elements.enumerated() {
            let item = try RequestFields(element, at: "\(place)[\(index)]")
            entries.append(Entry(item: try Self.item(item), place: "\(place)[\(index)]"))
        }
    }

    /// Ids of items that are only named.
    var references: [(id: String, place: String)] {
        entries.compactMap { entry in
            guard entry.item["type"] == "item_reference", let id = entry.item["id"]?.stringValue else {
                return nil
            }
            return (id, "\(entry.place).id")
        }
    }

    /// Puts an item in the place of every reference.
    mutating func resolve(_ find: (String) -> JSONObject?) throws(DialectError) {
        for index in entries.indices where entries[index].item["type"] == "item_reference" {
            let id = entries[index].item["id"]?.stringValue ?? ""
            guard let found = find(id) else {
                throw DialectError(
                    .notFound,
                    "\(entries[index].place).id names the item \(id.quoted), which is not stored",
                    field: "\(entries[index].place).id"
                )
            }
            entries[index].item = found
        }
    }

    /// The items with an id each; those that have none get one of this response.
    func items(of response: ResponseID) -> [JSONObject] {
        entries.enumerated().map { number, entry in
            var item: JSONObject = [:]
            if entry.item["id"] == nil {
                item["id"] = .string(response.item(Self.prefix(entry.item["type"]?.stringValue), number))
            }
            for (key, value) in entry.item { item[key] = value }
            return item
        }
    }

    static func prefix(_ type: String?) -> String {
        switch type {
        case "reasoning": "rs"
        case "function_call": "fc"
        case "function_call_output": "fco"
        default: "msg"
        }
    }

    // MARK: Items

    private static func item(_ fields: RequestFields) throws(DialectError) -> JSONObject {
        let type = try fields.text("type") ?? (fields["role"] == nil ? nil : "message")
        var item: JSONObject =
            switch try fields.required("type", type) {
            case "message": try message(fields)
            case "function_call": try call(fields)
            case "function_call_output": try output(fields)
            case "reasoning": try reasoning(fields)
            case "item_reference": ["type": "item_reference"]
            case let type:
                throw .unsupported(
                    fields.name("type"),
                    "is \(type.quoted); there are message, function_call, function_call_output, reasoning "
                        + "and item_reference"
                )
            }
        if let id = try fields.text("id") {
            guard (1...RequestLimits.itemIDBytes).contains(id.utf8.count) else {
                throw .invalid(
                    fields.name("id"),
                    "has \(id.utf8.count) bytes, it must have between 1 and \(RequestLimits.itemIDBytes)"
                )
            }
            item["id"] = .string(id)
        } else if item["type"] == "item_reference" {
            throw .invalid(fields.name("id"), "is required")
        }
        return item
    }

    private static func message(_ fields: RequestFields) throws(DialectError) -> JSONObject {
        let role = try fields.required("role", try fields.text("role"))
        guard roles.contains(role) else {
            throw .invalid(
                fields.name("role"),
                "is \(role.quoted), it must be one of user, assistant, system, developer"
            )
        }
        let content = try fields.required("content", fields["content"])
        // Says what is wrong with it.
        _ = try MessageContent(openAI: content, at: fields.name("content"))
        let kind = role == "assistant" ? "output_text" : "input_text"
        let parts = content.stringValue.map { [part(kind, $0)] } ?? content.arrayValue ?? []
        return message(role, parts, status: try status(fields))
    }

    private static func message(
        _ role: String,
        _ content: [JSONValue],
        status: String = "completed"
    ) -> JSONObject {
        [
            "type": "message", "status": .string(status), "role": .string(role), "content": .array(content),
        ]
    }

    private static func part(_ type: String, _ text: String) -> JSONValue {
        var part: JSONObject = ["type": .string(type), "text": .string(text)]
        if type == "output_text" { part["annotations"] = [] }
        return .object(part)
    }

    private static func call(_ fields: RequestFields) throws(DialectError) -> JSONObject {
        let arguments = try fields.text("arguments") ?? "{}"
        return [
            "type": "function_call", "status": .string(try status(fields)),
            "call_id": .string(try fields.required("call_id", try fields.text("call_id"))),
            "name": .string(try fields.toolName()), "arguments": .string(arguments),
        ]
    }

    private static func output(_ fields: RequestFields) throws(DialectError) -> JSONObject {
        let output = try fields.required("output", fields["output"])
        _ = try MessageContent(openAI: output, at: fields.name("output"), isToolResult: true)
        return [
            "type": "function_call_output", "status": .string(try status(fields)),
            "call_id": .string(try fields.required("call_id", try fields.text("call_id"))), "output": output,
        ]
    }

    private static func reasoning(_ fields: RequestFields) throws(DialectError) -> JSONObject {
        let summary = try fields.elements("summary", atMost: RequestLimits.messageCount) ?? []
        var item: JSONObject = ["type": "reasoning", "summary": .array(summary)]
        if let content = try fields.elements("content", atMost: RequestLimits.messageCount) {
            item["content"] = .array(content)
        }
        if let sealed = try fields.text("encrypted_content") { item["encrypted_content"] = .string(sealed) }
        for part in ["summary", "content"] {
            for (index, element) in (item[part]?.arrayValue ?? []).enumerated()
            where element["text"]?.stringValue == nil {
                throw .invalid("\(fields.name(part))[\(index)].text", "is required")
            }
        }
        return item
    }

    private static func status(_ fields: RequestFields) throws(DialectError) -> String {
        let status = try fields.text("status") ?? "completed"
        guard statuses.contains(status) else {
            throw .invalid(
                fields.name("status"),
                "is \(status.quoted), it must be one of in_progress, completed, incomplete"
            )
        }
        return status
    }
}
