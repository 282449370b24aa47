public import JSON

/// How a model's last layer becomes one vector per text, as sentence-transformers files say it.
///
/// modules.json lists what follows the model; config_sentence_transformers.json has the texts that go in
/// front of others. Without these files encoders take the mean of their tokens and others the last token,
/// made as long as 1.
public struct EmbeddingConfig: Hashable, Sendable {
    /// How the tokens of a text become one vector.
    public enum Pooling: String, Hashable, Sendable, CaseIterable {
        case first = "cls"
        case max
        case mean
        /// The sum, divided by the root of the count.
        case rootMean = "mean_sqrt_len_tokens"
        /// Each token counts as much as its position, from 1 on.
        case weightedMean = "weightedmean"
        case last = "lasttoken"
    }

    /// What is done with the pooled vector.
    public enum Step: Hashable, Sendable {
        /// Made as long as 1.
        case normalize
        case dense(Dense)
    }

    /// A matrix of its own file.
    public struct Dense: Hashable, Sendable {
        /// The .safetensors file.
        public var weights: String
        public var inputSize: Int
        public var outputSize: Int
        public var hasBias: Bool
        public var activation: DenseActivation
    }

    public enum DenseActivation: String, Hashable, Sendable {
        case none = "Identity"
        case tanh = "Tanh"
        case relu = "ReLU"
        case gelu = "GELU"
    }

    /// One vector behind the other.
    public var poolings: [Pooling]
    /// Whether the tokens of a prompt are pooled like the others.
    public var poolsPrompt: Bool
    public var steps: [Step]
    /// Texts that go in front of others, by name.
    public var prompts: [String: String]
    public var defaultPromptName: String?
    /// Tokens to which texts are cut; nil: the model's context.
    public var maxTokenCount: Int?

    /// Reads what lies in the directory; `configJSON` is the model's own config.
    public init(directory: String, configJSON: JSONValue?, isCausal: Bool) throws(ModelFileError) {
        poolings = [Self.usualPooling(configJSON, isCausal: isCausal)]
        poolsPrompt = true
        steps = [.normalize]
        prompts = [:]
        try readPrompts(try ConfigFields(directory, "config_sentence_transformers.json"))
        if let limits = try ConfigFields(directory, "sentence_bert_config.json"),
            limits["max_seq_length"] != nil
        {
            maxTokenCount = try limits.count("max_seq_length", in: ModelFileLimits.context)
        }
        let list = "\(directory)/modules.json"
        guard let modules = try JSONDocument.readIfPresent(list) else { return }
        guard let modules = modules.arrayValue, modules.count <= ModelFileLimits.moduleCount else {
            throw ModelFileError(list, "is not a list of at most \(ModelFileLimits.moduleCount) modules")
        }
        steps = []
        for module in modules { try read(module, of: list, in: directory) }
    }

    /// GGUF files have their pooling in the model's own metadata, by llama.cpp's number for it.
    private static func usualPooling(_ configJSON: JSONValue?, isCausal: Bool) -> Pooling {
        switch configJSON?["pooling_type"]?.integerValue {
        case 1: .mean
        case 2: .first
        case 3: .last
        default: isCausal ? .last : .mean
        }
    }

    private mutating func readPrompts(_ fields: ConfigFields?) throws(ModelFileError) {
        guard let fields else { return }
        for (name, prompt) in try fields.object("prompts")?.members ?? [:] {
            guard let text = prompt.stringValue else {
                throw fields.error("prompts.\(name)", "is not a string")
            }
            prompts[name] = text
        }
        guard fields["default_prompt_name"] != nil else { return }
        let name = try fields.text("default_prompt_name")
        guard prompts[name] != nil else {
            throw fields.error("default_prompt_name", "\"\(name)\" is not among the prompts")
        }
        defaultPromptName = name
    }

    /// Modules are known by the last part of their type.
    private mutating func read(
        _ module: JSONValue,
        of list: String,
        in directory: String
    ) throws(ModelFileError) {
        guard let type = module["type"]?.stringValue, let path = module["path"]?.stringValue,
            path.utf8.count <= 255, !path.contains("..")
        else { throw ModelFileError(list, "a module lacks its type or its path") }
        switch type.split(separator: ".").last {
        case "Transformer":
            guard path.isEmpty else {
                throw ModelFileError(list, path, "the model must lie beside modules.json")
            }
        case "Pooling":
            guard let fields = try ConfigFields("\(directory)/\(path)", "config.json") else {
                throw ModelFileError("\(directory)/\(path)/config.json", "there is no such file")
            }
            try readPooling(fields)
        case "Normalize": steps.append(.normalize)
        case "Dense": steps.append(.dense(try Dense(directory: "\(directory)/\(path)")))
        default: throw ModelFileError(list, "type", "\"\(type)\" is not supported")
        }
    }

    /// One flag for each way, or the name of one in the newer style.
    private mutating func readPooling(_ fields: ConfigFields) throws(ModelFileError) {
        poolsPrompt = try fields.flag("include_prompt", default: true)
        poolings = []
        if let name = fields["pooling_mode"]?.stringValue {
            guard let pooling = Pooling(rawValue: name) else {
                throw fields.error("pooling_mode", "\"\(name)\" is not supported")
            }
            poolings = [pooling]
            return
        }
        let keys: [(String, Pooling)] = [
            ("cls_token", .first), ("max_tokens", .max), ("mean_tokens", .mean),
            ("mean_sqrt_len_tokens", .rootMean), ("weightedmean_tokens", .weightedMean), ("lasttoken", .last),
        ]
        for (key, pooling) in keys where try fields.flag("pooling_mode_\(key)") { poolings.append(pooling) }
        guard !poolings.isEmpty else {
            throw fields.error("pooling_mode_mean_tokens", "no way of pooling is chosen")
        }
    }
}

extension EmbeddingConfig.Dense {
    fileprivate init(directory: String) throws(ModelFileError) {
        guard let fields = try ConfigFields(directory, "config.json") else {
            throw ModelFileError("\(directory)/config.json", "there is no such file")
        }
        weights = "\(directory)/model.safetensors"
        inputSize = try fields.count("in_features", in: ModelFileLimits.width)
        outputSize = try fields.count("out_features", in: ModelFileLimits.width)
        hasBias = try fields.flag("bias", default: true)
        let name = try fields.text("activation_function", default: "Tanh")
        guard
            let known = name.split(separator: ".").last.flatMap({
                EmbeddingConfig.DenseActivation(rawValue: "\($0)")
            })
        else { throw fields.error("activation_function", "\"\(name)\" is not supported") }
        activation = known
    }
}

extension ConfigFields {
    /// Nil where there is no such file.
    fileprivate init?(_ directory: String, _ name: String) throws(ModelFileError) {
        let path = "\(directory)/\(name)"
        guard let document = try JSONDocument.readIfPresent(path) else { return nil }
        guard let members = document.objectValue else { throw ModelFileError(path, "is not a JSON object") }
        self.init(path: path, members: members)
    }
}
