internal import JSON

/// The shape of a model, as its config.json gives it: every number is in range and they agree with each
/// other.
public struct ModelConfig: Hashable, Sendable {
    /// Which kind of file the model comes in: converters change some weights on their way.
    public enum Origin: Hashable, Sendable {
        case huggingFace
        /// Config fields are GGUF metadata in the words of config.json.
        case gguf
    }

    public var family: Family
    public var origin: Origin
    public var vocabularySize: Int
    public var contextTokens: Int
    /// Numbers per token between layers.
    public var hiddenSize: Int
    public var layerCount: Int
    public var headCount: Int
    /// Divides `headCount`: each is shared by `headCount / keyValueHeadCount` query heads.
    public var keyValueHeadCount: Int
    /// Numbers per head, a multiple of 8; `headCount * headSize` need not be `hiddenSize`.
    public var headSize: Int
    /// Numbers per token inside the feed-forward block.
    public var feedForwardSize: Int
    public var normEpsilon: Float
    public var rope: Rope
    public var attentionBias: Family.AttentionBias
    public var hasFeedForwardBias: Bool
    /// Whether the head is the token embedding itself.
    public var tiesEmbeddings: Bool

    /// Reads config.json.
    ///
    /// An unknown family is refused, and so is whatever this program does not compute: a wrong answer is
    /// worse than none.
    init(_ document: JSONValue, path: String, origin: Origin = .huggingFace) throws(ModelFileError) {
        guard let members = document.objectValue else { throw ModelFileError(path, "is not a JSON object") }
        let fields = ConfigFields(path: path, members: members)
        let family = try Self.family(fields)
        try Self.refuseUnsupported(fields)
        self.family = family
        self.origin = origin
        vocabularySize = try fields.count("vocab_size", in: ModelFileLimits.vocabulary)
        contextTokens = try fields.count("max_position_embeddings", in: ModelFileLimits.context)
        hiddenSize = try fields.count("hidden_size", in: ModelFileLimits.width)
        layerCount = try fields.count("num_hidden_layers", in: ModelFileLimits.layers)
        headCount = try fields.count("num_attention_heads", in: ModelFileLimits.heads)
        keyValueHeadCount = try fields.count(
            "num_key_value_heads",
            in: ModelFileLimits.heads,
            default: headCount
        )
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw fields.error(
                "num_key_value_heads",
                "\(keyValueHeadCount) does not divide \(headCount) heads"
            )
        }
        headSize = try Self.headSize(fields, hiddenSize: hiddenSize, headCount: headCount)
        feedForwardSize = try fields.count("intermediate_size", in: ModelFileLimits.width)
        normEpsilon = Float(try fields.number("rms_norm_eps", in: 0...1, default: 1e-6))
        rope = try Rope(fields)
        let hasAttentionBias = try fields.flag("attention_bias")
        attentionBias = family.attentionBias ?? (hasAttentionBias ? .all : .none)
        hasFeedForwardBias = try fields.flag("mlp_bias")
        tiesEmbeddings = try fields.flag("tie_word_embeddings")
    }

    private static func family(_ fields: ConfigFields) throws(ModelFileError) -> Family {
        let name = try fields.text("model_type")
        guard let family = Family.known.first(where: { $0.name == name }) else {
            let known = Family.known.map(\.name).joined(separator: ", ")
            throw fields.error("model_type", "\"\(name)\" is not supported; known are \(known)")
        }
        return family
    }

    private static func headSize(
        _ fields: ConfigFields,
        hiddenSize: Int,
        headCount: Int
    ) throws(ModelFileError)
        -> Int
    {
        if fields["head_dim"] == nil, !hiddenSize.isMultiple(of: headCount) {
            throw fields.error(
                "num_attention_heads",
                "\(headCount) does not divide hidden_size \(hiddenSize)"
            )
        }
        let size = try fields.count(
            "head_dim",
            in: ModelFileLimits.headWidth,
            default: hiddenSize / headCount
        )
        guard size.isMultiple(of: 8), ModelFileLimits.headWidth.contains(size) else {
            throw fields.error("head_dim", "is \(size); multiples of 8 up to 512 are supported")
        }
        return size
    }

    private static func refuseUnsupported(_ fields: ConfigFields) throws(ModelFileError) {
        for key in ["quantization", "quantization_config"] where fields[key] != nil {
            throw fields.error(key, "quantised weights are not supported")
        }
        let activation = try fields.text("hidden_act", default: "silu")
        guard activation == "silu" else {
            throw fields.error("hidden_act", "\"\(activation)\" is not supported")
        }
        if try fields.flag("use_sliding_window") {
            throw fields.error("use_sliding_window", "attention over a window is not supported")
        }
        for layer in fields["layer_types"]?.arrayValue ?? [] where layer != "full_attention" {
            throw fields.error("layer_types", "\(layer) is not supported")
        }
        if try fields.number("partial_rotary_factor", in: 0...1, default: 1) != 1 {
            throw fields.error("partial_rotary_factor", "only whole heads can be rotated")
        }
    }
}
