public import JSON

/// A model wherever it lies: a directory as Hugging Face lays it out, or a GGUF file.
///
/// Both answer the same questions. What a model lacks is nil until somebody needs it: a file with nothing but
/// a vocabulary serves a tokenizer. The meaning of the configuration, the tokenizer and the weights are read
/// when they are asked for, so ask once.
public struct ModelSource: Sendable {
    private enum Form: Sendable {
        case directory(ModelDirectory)
        case gguf(GGUFModel)
    }

    /// As it was given.
    public let path: String
    /// config.json, or what a GGUF file says in its words; nil if absent.
    public let configJSON: JSONValue?
    /// Templates by name; the one that chats are rendered with is `default`.
    public let chatTemplates: [String: String]
    /// Tokens that end a generation, in ascending order.
    public let endTokenIDs: [UInt32]
    /// The text of the token that begins a sequence.
    public let bosToken: String?
    /// The text of the token that ends a turn.
    public let eosToken: String?
    private let form: Form

    /// A path of a directory, of a GGUF file or of the first of its shards.
    ///
    /// A directory that holds one GGUF model and no safetensors is that model.
    public init(path: String) throws(ModelFileError) {
        self.path = path
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let file = FolderListing.isFolder(trimmed) ? try Self.onlyGGUF(in: trimmed) : trimmed
        guard let file, MappedFile.exists(file) else {
            let directory = try ModelDirectory(path: trimmed)
            form = .directory(directory)
            configJSON = directory.configJSON
            chatTemplates = directory.chatTemplates
            endTokenIDs = directory.endTokenIDs
            bosToken = directory.bosToken
            eosToken = directory.eosToken
            return
        }
        let model = try GGUFModel(path: file)
        form = .gguf(model)
        configJSON = try GGUFConfig.document(model.metadata, tensors: model.tensors)
        chatTemplates = model.chatTemplates
        endTokenIDs = model.endTokenIDs
        bosToken = model.token("bos")
        eosToken = model.token("eos")
    }

    /// The template that chats are rendered with; nil if the model has none.
    public var chatTemplateSource: String? { chatTemplates["default"] }

    /// generation_config.json as it is; nil if absent.
    public var generationConfigJSON: JSONValue? {
        if case .directory(let directory) = form { directory.generationConfigJSON } else { nil }
    }

    /// Whether a list of modules of sentence-transformers lies beside the model.
    public var holdsSentenceTransformer: Bool {
        if case .directory(let directory) = form {
            MappedFile.exists("\(directory.path)/modules.json")
        } else {
            false
        }
    }

    /// A few tens of milliseconds for a large vocabulary.
    public var tokenizer: TokenizerSource {
        get throws(ModelFileError) {
            switch form {
            case .directory(let directory):
                guard let tokenizer = try directory.tokenizer() else {
                    throw ModelFileError(
                        "\(directory.path)/tokenizer.json",
                        "there is no such file, and no tokenizer.model"
                    )
                }
                return tokenizer
            case .gguf(let model):
                guard model.metadata.contains("tokenizer.ggml.tokens") else {
                    throw ModelFileError(model.path, "tokenizer.ggml.tokens", "is missing")
                }
                return .gguf(model.metadata)
            }
        }
    }

    /// The model's shape, checked.
    public var config: ModelConfig {
        get throws(ModelFileError) {
            switch form {
            case .directory(let directory):
                let file = "\(directory.path)/config.json"
                guard let configJSON else { throw ModelFileError(file, "there is no such file") }
                return try ModelConfig(configJSON, path: file)
            case .gguf(let model):
                guard let configJSON else {
                    throw ModelFileError(model.path, "general.architecture", "is missing")
                }
                return try ModelConfig(configJSON, path: model.path, origin: .gguf)
            }
        }
    }

    /// Maps the files of the weights.
    public func openWeights() throws(ModelFileError) -> TensorSet {
        switch form {
        case .directory(let directory): try directory.openWeights()
        case .gguf(let model): try model.openWeights()
        }
    }

    /// The one GGUF model of a folder without safetensors; nil if there is none.
    private static func onlyGGUF(in folder: String) throws(ModelFileError) -> String? {
        let limit = ModelFileLimits.shardCount
        guard FolderListing.names(in: folder, ending: ".safetensors", limit: 1).isEmpty else { return nil }
        // The part of a model that sees is a file of its own, by convention of this name.
        let names = FolderListing.names(in: folder, ending: ".gguf", limit: limit).filter {
            !GGUFModel.isFurtherShard($0) && !$0.hasPrefix("mmproj")
        }
        guard names.count < 2 else {
            throw ModelFileError(
                folder,
                "holds several GGUF models, give one of them: \(names.prefix(8).joined(separator: ", "))"
            )
        }
        return names.first.map { "\(folder)/\($0)" }
    }
}
