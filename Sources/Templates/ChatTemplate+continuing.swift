public import JSON

extension ChatTemplate {
    /// Stands at the end of the last message while it is rendered.
    ///
    /// A word like those of a text, so that no filter of a template changes it. Whoever writes it into a
    /// message changes nothing: it is looked for from the end, where only the template's own text is.
    private static let mark = "millrace-goes-on-here"

    /// The prompt for going on with the last message: it ends where that message's text ends, with all that
    /// the template would write behind it left out.
    public func renderContinuing(_ variables: JSONObject, now: String?) throws(TemplateError) -> String {
        var messages = variables["messages"]?.arrayValue ?? []
        guard let last = messages.popLast(), let content = Self.marked(last["content"]) else {
            throw TemplateError("there is no last message with a text to go on with")
        }
        var marked = variables
        marked["messages"] = .array(messages + [last.adding("content", content)])
        marked["add_generation_prompt"] = false
        let text = try render(marked, now: now)
        guard let end = Self.lastMark(in: Array(text.utf8)) else {
            throw TemplateError("the template does not show the last message, so it cannot be gone on with")
        }
        return String(decoding: text.utf8.prefix(end), as: UTF8.self)
    }

    private static func marked(_ content: JSONValue?) -> JSONValue? {
        switch content {
        case nil, .null: .string(mark)
        case .string(let text): .string(text + mark)
        case .array(let parts):
            if let text = parts.last?["text"]?.stringValue, let part = parts.last {
                .array(parts.dropLast() + [part.adding("text", .string(text + mark))])
            } else {
                .array(parts + [["type": "text", "text": .string(mark)]])
            }
        default: nil
        }
    }

    private static func lastMark(in text: [UInt8]) -> Int? {
        let mark = Array(mark.utf8)
        guard text.count >= mark.count else { return nil }
        return (0...(text.count - mark.count)).reversed().first { text[$0...].starts(with: mark) }
    }
}
