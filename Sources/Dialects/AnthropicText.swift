internal import JSON

/// The text that one block of Anthropic's API holds: none, one or several.
struct AnthropicText {
    private(set) var texts: [String] = []

    init(_ block: RequestFields, _ type: String) throws(DialectError) {
        switch type {
        case "text": texts = [try block.required("text", try block.text("text"))]
        case "document": texts = try Self.document(block)
        case "search_result":
            let head = [try block.text("title"), try block.text("source")].compactMap { $0 }
            texts = head + (try Self.content(block))
        default: try Medium.refuse(type, block)
        }
    }

    private static func document(_ block: RequestFields) throws(DialectError) -> [String] {
        let source = try RequestFields(
            try block.required("source", block["source"]),
            at: block.name("source")
        )
        let head = [try block.text("title"), try block.text("context")].compactMap { $0 }
        switch try source.required("type", try source.text("type")) {
        case "text": return head + [try source.required("data", try source.text("data"))]
        case "content": return head + (try content(source))
        case let type:
            throw .unsupported(
                source.name("type"),
                "is \(type.quoted), only documents of \"text\" and \"content\" can be read"
            )
        }
    }

    /// `content` of a block that holds others, which hold none.
    private static func content(_ block: RequestFields) throws(DialectError) -> [String] {
        let value = try block.required("content", block["content"])
        if let text = value.stringValue { return [text] }
        guard let parts = value.arrayValue else {
            throw block.wrong("content", value, "a string or an array")
        }
        var texts: [String] = []
        for (index, element) in parts.enumerated() {
            let part = try RequestFields(element, at: "\(block.name("content"))[\(index)]")
            let type = try part.required("type", try part.text("type"))
            if type == "text" {
                texts.append(try part.required("text", try part.text("text")))
            } else {
                try Medium.refuse(type, part)
            }
        }
        return texts
    }
}
