public import JSON

/// A model as Hugging Face lays it out: a directory of JSON files and weights.
///
/// Every file is optional until somebody asks for what it holds: a directory with nothing but tokenizer.json
/// serves a tokenizer. The small files are read once, when the directory is opened; tokenizer.json,
/// config.json's meaning and the weights when they are asked for.
public struct ModelDirectory: Sendable {
    public let path: String
    /// config.json as it is; nil if absent.
    public let configJSON: JSONValue?
    public let generationConfigJSON: JSONValue?
    public let tokenizerConfigJSON: JSONValue?
    public let specialTokensJSON: JSONValue?
    /// Templates by name; the one that chats are rendered with is `default`.
    public let chatTemplates: [String: String]
    /// Tokens that end a generation, in ascending order: `eos_token_id` of both generation_config.json and
    /// config.json.
    public let endTokenIDs: [UInt32]

    public init(path: String) throws(ModelFileError) {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard MappedFile.exists(path) else { throw ModelFileError(path, "there is no such directory") }
        self.path = path
        configJSON = try JSONDocument.readIfPresent("\(path)/config.json")
        generationConfigJSON = try JSONDocument.readIfPresent("\(path)/generation_config.json")
        tokenizerConfigJSON = try JSONDocument.readIfPresent("\(path)/tokenizer_config.json")
        specialTokensJSON = try JSONDocument.readIfPresent("\(path)/special_tokens_map.json")
        chatTemplates = try Self.readChatTemplates(tokenizerConfigJSON, in: path)
        var ends: Set<UInt32> = []
        for (file, document) in [("generation_config", generationConfigJSON), ("config", configJSON)] {
            ends.formUnion(try Self.endTokens(document, file: "\(path)/\(file).json"))
        }
        endTokenIDs = ends.sorted()
    }

    /// Parses tokenizer.json; a few tens of milliseconds for a large vocabulary, so ask once.
    public var tokenizerJSON: JSONValue {
        get throws(ModelFileError) {
            try JSONDocument.read("\(path)/tokenizer.json", limit: JSONLimits.modelFile.bytes)
        }
    }

    /// The template that chats are rendered with; nil if the model has none.
    public var chatTemplateSource: String? { chatTemplates["default"] }

    /// The text of the token that begins a sequence.
    public var bosToken: String? { specialToken("bos_token") }

    /// The text of the token that ends a turn.
    public var eosToken: String? { specialToken("eos_token") }

    /// The model's shape, checked.
    public var config: ModelConfig {
        get throws(ModelFileError) {
            guard let configJSON else { throw ModelFileError("\(path)/config.json", "there is no such file") }
            return try ModelConfig(configJSON, path: "\(path)/config.json")
        }
    }

    /// Opens the weights: model.safetensors, or the shards of model.safetensors.index.json.
    public func openWeights() throws(ModelFileError) -> TensorSet {
        let single = "\(path)/model.safetensors"
        let index = "\(single).index.json"
        return !MappedFile.exists(single) && MappedFile.exists(index)
            ? try TensorSet(safetensorsIndex: index) : try TensorSet(safetensors: single)
    }

    /// A plain string, or the `content` of an object; tokenizer_config.json goes before
    /// special_tokens_map.json.
    private func specialToken(_ key: String) -> String? {
        for document in [tokenizerConfigJSON, specialTokensJSON] {
            guard let value = document?[key] else { continue }
            if let text = value.stringValue ?? value["content"]?.stringValue { return text }
        }
        return nil
    }

    /// A file of its own goes before `chat_template`, which is a string or a list of `{name, template}`.
    private static func readChatTemplates(
        _ tokenizerConfig: JSONValue?,
        in directory: String
    )
        throws(ModelFileError) -> [String: String]
    {
        var templates: [String: String] = [:]
        if let source = tokenizerConfig?["chat_template"]?.stringValue {
            templates["default"] = source
        }
        let named = tokenizerConfig?["chat_template"]?.arrayValue ?? []
        for template in named.prefix(ModelFileLimits.chatTemplateCount) {
            guard let name = template["name"]?.stringValue, let source = template["template"]?.stringValue
            else {
                throw ModelFileError(
                    "\(directory)/tokenizer_config.json",
                    "chat_template",
                    "an entry lacks its name or template"
                )
            }
            templates[name] = source
        }
        let path = "\(directory)/chat_template.jinja"
        if MappedFile.exists(path) {
            let file = try MappedFile(path: path)
            guard file.bytes.count <= ModelFileLimits.documentBytes else {
                throw ModelFileError(
                    path,
                    "has \(file.bytes.count) bytes, the limit is \(ModelFileLimits.documentBytes)"
                )
            }
            templates["default"] = String(decoding: file.bytes, as: UTF8.self)
        }
        return templates
    }

    private static func endTokens(_ document: JSONValue?, file: String) throws(ModelFileError) -> [UInt32] {
        guard let value = document?["eos_token_id"], !value.isNull else { return [] }
        var ids: [UInt32] = []
        for element in value.arrayValue ?? [value] {
            guard let number = element.integerValue, let id = UInt32(exactly: number) else {
                throw ModelFileError(file, "eos_token_id", "\(element) is not a token id")
            }
            ids.append(id)
        }
        return ids
    }
}
