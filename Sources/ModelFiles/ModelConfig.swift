internal import JSON

/// The shape of a model, as its config.json gives it: every number is in range and they agree with each
/// other.
public struct ModelConfig: Sendable {
    /// Which kind of file the model comes in: converters change some weights on their way.
    public enum Origin: Hashable, Sendable {
        case huggingFace
        /// Config fields are GGUF metadata in the words of config.json.
        case gguf
    }

    public var family: Family
    public var origin: Origin
    public var vocabularySize: Int
    /// Tokens of the longest text that the model can take.
    public var contextTokens: Int
    /// Numbers per token between layers.
    public var hiddenSize: Int
    public var attention: AttentionConfig
    /// Numbers per token inside the feed-forward block.
    public var feedForwardSize: Int
    public var activation: Activation
    public var hasFeedForwardBias: Bool
    public var experts: ExpertConfig?
    public var norm: NormConfig
    public var layers: [LayerConfig]
    /// What layers rotate by; most models have one.
    public var ropes: [Rope]
    public var learnedPositions: LearnedPositions?
    /// Kinds of tokens that have a vector of their own, such as the two texts of a pair.
    public var tokenTypeCount: Int
    public var scale: ScaleConfig
    /// Whether the head is the token embedding itself.
    public var tiesEmbeddings: Bool
    public var classifier: ClassifierConfig
    /// The token that fills up texts of a batch.
    public var paddingToken: UInt32?

    /// Reads config.json.
    ///
    /// An unknown family is refused, and so is whatever this program does not compute: a wrong answer is
    /// worse than none.
    init(_ document: JSONValue, path: String, origin: Origin = .huggingFace) throws(ModelFileError) {
        guard let members = document.objectValue else { throw ModelFileError(path, "is not a JSON object") }
        let outer = ConfigFields(path: path, members: members)
        let family = try Self.family(outer)
        var fields = try outer.nested(family.nestedConfig)
        for (key, value) in family.defaults where fields.members[key] == nil { fields.members[key] = value }
        try Self.refuseUnsupported(outer, fields, family)
        self.family = family
        self.origin = origin
        vocabularySize = try fields.count("vocab_size", in: ModelFileLimits.vocabulary)
        hiddenSize = try fields.count(family.hiddenSizeKey, in: ModelFileLimits.width)
        attention = try AttentionConfig(family.attention, fields, hiddenSize: hiddenSize)
        let usualSize = family.feedForward.sizeFactor.map { [hiddenSize] in $0 * hiddenSize }
        feedForwardSize = try fields.count(
            family.feedForward.sizeKey,
            in: ModelFileLimits.width,
            default: usualSize
        )
        activation = try Activation(family.feedForward, fields)
        hasFeedForwardBias = try fields.choose(family.feedForward.bias)
        experts = try ExpertConfig(family.experts, fields, activation: activation)
        norm = try NormConfig(family.norm, fields, origin: origin)
        learnedPositions = try LearnedPositions(family.positions, fields)
        let positions: Int
        if let learnedPositions {
            positions = learnedPositions.contextTokens
        } else {
            positions = try fields.count("max_position_embeddings", in: ModelFileLimits.context)
        }
        let headSize = attention.headSize
        (layers, ropes) = try LayerReader(
            family: family,
            fields: fields,
            headSize: headSize,
            contextTokens: positions
        ).read()
        contextTokens = ropes.count == 1 ? ropes[0].contextTokens(plain: positions) : positions
        tokenTypeCount =
            family.tensors.tokenTypes == nil
            ? 0 : try fields.count("type_vocab_size", in: ModelFileLimits.tokenTypes, default: 2)
        scale = try ScaleConfig(family.scale, fields, hiddenSize: hiddenSize)
        let ties = try fields.flag("tie_word_embeddings")
        tiesEmbeddings = try outer.flag("tie_word_embeddings", default: ties)
        classifier = try ClassifierConfig(family.classifier, fields)
        paddingToken = fields["pad_token_id"]?.integerValue.flatMap { UInt32(exactly: $0) }
    }

    /// Whether what is bent inside a feed-forward block is multiplied with a second projection.
    public var isGated: Bool { family.feedForward.isGated }
    /// Whether a head's neighbours are rotated together, not its halves.
    public var pairsNeighbours: Bool { origin == .gguf && family.rope.ggufPairsNeighbours }
    public var expertTensors: ExpertTensorNames { family.experts?.tensors ?? .usual }

    private static func family(_ fields: ConfigFields) throws(ModelFileError) -> Family {
        let name = try fields.text("model_type")
        guard let family = Family.known.first(where: { $0.name == name }) else {
            let known = Family.known.map(\.name).sorted().joined(separator: ", ")
            throw fields.error("model_type", "\"\(name)\" is not supported; known are \(known)")
        }
        return family
    }

    private static func refuseUnsupported(
        _ outer: ConfigFields,
        _ fields: ConfigFields,
        _ family: Family
    ) throws(ModelFileError) {
        try QuantizationMethod.refuseUnknown(outer)
        for (key, only) in family.fixedOptions {
            guard let value = fields[key], value != only else { continue }
            throw fields.error(key, "\(value) is not supported; only \(only) is")
        }
    }
}

/// The norms of a model.
public struct NormConfig: Hashable, Sendable {
    public var kind: NormKind
    public var epsilon: Float
    public var hasBias: Bool
    /// Whether 1 is to be added to the weights.
    public var addsOne: Bool
    public var heads: HeadNorm
    public var skipsFirst: Bool

    init(_ rule: Family.NormRule, _ fields: ConfigFields, origin: ModelConfig.Origin) throws(ModelFileError) {
        kind = rule.kind
        epsilon = Float(try fields.number(rule.epsilonKey, in: 0...1, default: 1e-6))
        hasBias = try fields.choose(rule.bias)
        addsOne = rule.addsOne && origin == .huggingFace
        heads = rule.heads
        skipsFirst = rule.skipsFirst
    }
}

/// A learned vector per position.
public struct LearnedPositions: Hashable, Sendable {
    /// Vectors in the table.
    public var count: Int
    /// Vector of the first token.
    public var first: Int

    public var contextTokens: Int { count - first }

    init?(_ rule: Family.PositionRule, _ fields: ConfigFields) throws(ModelFileError) {
        guard case .learned(let key, let startsBehindPadding) = rule else { return nil }
        count = try fields.count(key, in: ModelFileLimits.context)
        first = startsBehindPadding ? try fields.count("pad_token_id", in: 0...count, default: 1) + 1 : 0
        guard first < count else { throw fields.error(key, "\(count) leaves no position behind the padding") }
    }
}

/// What numbers between layers are multiplied with or capped at.
public struct ScaleConfig: Hashable, Sendable {
    public var embedding: Float
    /// What a block adds to its input.
    public var residual: Float
    public var logits: Float
    public var logitSoftCap: Float?

    init(_ rule: Family.ScaleRule, _ fields: ConfigFields, hiddenSize: Int) throws(ModelFileError) {
        let range = 1e-9...1e9
        func number(_ key: String?) throws(ModelFileError) -> Float {
            guard let key else { return 1 }
            return Float(try fields.number(key, in: range, default: 1))
        }
        embedding =
            rule.multipliesEmbeddingByRoot
            ? Float(Double(hiddenSize).squareRoot()) : try number(rule.embeddingKey)
        residual = try number(rule.residualKey)
        logits = 1 / (try number(rule.logitDivisorKey))
        logitSoftCap = try fields.limit(rule.logitSoftCapKey)
    }
}

extension Rope {
    /// How long a text may be, where the model was trained on `plain` tokens.
    ///
    /// Only the scalings that promise more than config.json's context do lengthen it.
    func contextTokens(plain: Int) -> Int {
        let stretched: Double
        switch scaling {
        case .none, .llama3, .longRope, .divisors: return plain
        case .linear(let factor), .dynamic(let factor, _): stretched = Double(plain) * factor
        case .yarn(let yarn): stretched = Double(yarn.originalContextTokens) * yarn.factor
        }
        return max(plain, Int(min(stretched, Double(ModelFileLimits.context.upperBound))))
    }
}
