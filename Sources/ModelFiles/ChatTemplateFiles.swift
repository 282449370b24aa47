internal import JSON

/// Collects the chat templates of a directory from all places that are in use.
///
/// From the weakest to the strongest: `chat_template` in tokenizer_config.json (a string, or a list of
/// `{name, template}`), chat_template.json, chat_template.jinja. Further ones lie in
/// additional_chat_templates/NAME.jinja.
struct ChatTemplateFiles {
    let directory: String

    /// By name; the one that chats are rendered with is `default`.
    func read(tokenizerConfig: JSONValue?) throws(ModelFileError) -> [String: String] {
        var templates: [String: String] = [:]
        let config = "\(directory)/tokenizer_config.json", document = "\(directory)/chat_template.json"
        try add(tokenizerConfig?["chat_template"], of: config, to: &templates)
        try add(JSONDocument.readIfPresent(document)?["chat_template"], of: document, to: &templates)
        let own = "\(directory)/chat_template.jinja"
        if MappedFile.exists(own) { templates["default"] = try text(own) }
        let further = "\(directory)/additional_chat_templates"
        let names = FolderListing.names(
            in: further,
            ending: ".jinja",
            limit: ModelFileLimits.chatTemplateCount
        )
        for name in names { templates[String(name.dropLast(6))] = try text("\(further)/\(name)") }
        return templates
    }

    private func add(
        _ value: JSONValue?,
        of file: String,
        to templates: inout [String: String]
    ) throws(ModelFileError) {
        if let source = value?.stringValue { templates["default"] = source }
        for template in (value?.arrayValue ?? []).prefix(ModelFileLimits.chatTemplateCount) {
            guard let name = template["name"]?.stringValue, let source = template["template"]?.stringValue
            else { throw ModelFileError(file, "chat_template", "an entry lacks its name or template") }
            templates[name] = source
        }
    }

    private func text(_ path: String) throws(ModelFileError) -> String {
        let file = try MappedFile(path: path)
        guard file.bytes.count <= ModelFileLimits.documentBytes else {
            throw ModelFileError(
                path,
                "has \(file.bytes.count) bytes, the limit is \(ModelFileLimits.documentBytes)"
            )
        }
        return String(decoding: file.bytes, as: UTF8.self)
    }
}
