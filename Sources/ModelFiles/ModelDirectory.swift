internal import JSON

/// A model as Hugging Face lays it out: a directory of JSON files and weights.
///
/// Every file is optional until somebody asks for what it holds: a directory with nothing but tokenizer.json
/// serves a tokenizer. The small files are read once, when the directory is opened.
struct ModelDirectory: Sendable {
    let path: String
    /// config.json as it is; nil if absent.
    let configJSON: JSONValue?
    let generationConfigJSON: JSONValue?
    let tokenizerConfigJSON: JSONValue?
    let specialTokensJSON: JSONValue?
    /// Templates by name; the one that chats are rendered with is `default`.
    let chatTemplates: [String: String]
    /// Tokens that end a generation, in ascending order: `eos_token_id` of both generation_config.json and
    /// config.json.
    let endTokenIDs: [UInt32]

    init(path: String) throws(ModelFileError) {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard MappedFile.exists(path) else {
            throw ModelFileError(path, "there is no such file or directory")
        }
        self.path = path
        configJSON = try JSONDocument.readIfPresent("\(path)/config.json")
        generationConfigJSON = try JSONDocument.readIfPresent("\(path)/generation_config.json")
        tokenizerConfigJSON = try JSONDocument.readIfPresent("\(path)/tokenizer_config.json")
        specialTokensJSON = try JSONDocument.readIfPresent("\(path)/special_tokens_map.json")
        chatTemplates = try ChatTemplateFiles(directory: path).read(tokenizerConfig: tokenizerConfigJSON)
        var ends: Set<UInt32> = []
        for (file, document) in [("generation_config", generationConfigJSON), ("config", configJSON)] {
            ends.formUnion(try Self.endTokens(document, file: "\(path)/\(file).json"))
        }
        endTokenIDs = ends.sorted()
    }

    /// tokenizer.json, or SentencePiece's own file; nil without either.
    func tokenizer() throws(ModelFileError) -> TokenizerSource? {
        let json = "\(path)/tokenizer.json", pieces = "\(path)/tokenizer.model"
        if MappedFile.exists(json) {
            return .json(try JSONDocument.read(json, limit: JSONLimits.modelFile.bytes))
        }
        guard MappedFile.exists(pieces) else { return nil }
        let file = try MappedFile(path: pieces), limit = JSONLimits.modelFile.bytes
        guard file.bytes.count <= limit else {
            throw ModelFileError(pieces, "has \(file.bytes.count) bytes, the limit is \(limit)")
        }
        return .sentencePiece(Array(file.bytes), configuration: tokenizerConfigJSON)
    }

    /// The text of the token that begins a sequence.
    var bosToken: String? { specialToken("bos_token") }

    /// The text of the token that ends a turn.
    var eosToken: String? { specialToken("eos_token") }

    /// Opens the weights: model.safetensors, or the shards of model.safetensors.index.json.
    func openWeights() throws(ModelFileError) -> TensorSet {
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
