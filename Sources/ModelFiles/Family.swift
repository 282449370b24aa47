internal import JSON

/// What sets one family of models apart from the others, as data.
///
/// A family is nowhere else: the forward pass knows blocks (norms, attention, feed-forward, experts) and does
/// what the description says. A further family is one more description in `Families`, and a further block
/// only where it needs one that is not there. What is described here is how config.json is to be read and
/// what the tensors are called; the numbers are in `ModelConfig`.
public struct Family: Sendable {
    /// A yes or no that a family decides, or leaves to config.json.
    enum Choice: Sendable {
        case never
        case always
        case key(String, default: Bool = false)
    }

    /// `model_type` in config.json.
    public var name: String
    /// Whether a token sees only what came before it; encoders see the whole text.
    public var isCausal = true
    /// The member of config.json that describes the text model, where there is more than that.
    var nestedConfig: String?
    var layerCountKey = "num_hidden_layers"
    var hiddenSizeKey = "hidden_size"
    var norm = NormRule()
    var attention = AttentionRule()
    var feedForward = FeedForwardRule()
    /// Nil: no layer has experts.
    var experts: ExpertRule?
    var positions = PositionRule.rotary
    var rope = RopeRule()
    /// Nil: every token sees everything that it may.
    var window: WindowRule?
    var scale = ScaleRule()
    /// What holds where config.json has no such key at all.
    var defaults: JSONObject = [:]
    /// Options of config.json of which one value is computed and no other.
    var fixedOptions: JSONObject = [:]
    public var tensors = TensorNames()
    /// Of models that sort texts into classes.
    var classifier = ClassifierRule()

    init(_ name: String, _ describe: (inout Family) -> Void = { _ in }) {
        self.name = name
        describe(&self)
    }

    /// Where the numbers come from that tell a token its place.
    enum PositionRule: Sendable {
        case rotary
        /// A learned vector per position; RoBERTa begins behind its padding token.
        case learned(countKey: String, startsBehindPadding: Bool)
    }

    /// How activations are normalised; which norms there are is said by `TensorNames`.
    struct NormRule: Sendable {
        var kind = NormKind.rms
        var epsilonKey = "rms_norm_eps"
        /// Whether Hugging Face files hold weights that are 1 too small; GGUF files hold them whole.
        var addsOne = false
        var bias = Choice.never
        /// For queries and keys.
        var heads = HeadNorm.none
        /// Whether the first layer's attention reads what the embedding made, as it is.
        var skipsFirst = false
    }

    struct AttentionRule: Sendable {
        var headCountKey = "num_attention_heads"
        /// Of query, key and value.
        var bias = Choice.key("attention_bias")
        /// Nil: as `bias`.
        var outputBias: Choice?
        var scale = AttentionScale.headSize
        /// The scores are capped at what this key says.
        var softCapKey: String?
        /// Queries, keys and values are cut off at what this key says.
        var clipKey: String?
        /// Whether each head has a score for looking at nothing.
        var hasSinks = false
    }

    /// What scores are multiplied with.
    enum AttentionScale: Sendable {
        /// 1 / sqrt(head size)
        case headSize
        /// 1 / sqrt(value)
        case rootOf(key: String)
        case key(String)
    }

    struct FeedForwardRule: Sendable {
        var sizeKey = "intermediate_size"
        /// Where config.json does not say: this often the hidden size.
        var sizeFactor: Int?
        var activationKey = "hidden_act"
        /// Gemma's first configs say gelu and mean its approximation.
        var readsGeluAsTanh = false
        /// Whether what is activated is multiplied with a second projection.
        var isGated = true
        var bias = Choice.key("mlp_bias")
    }

    /// Which numbers between layers are multiplied or capped.
    struct ScaleRule: Sendable {
        /// sqrt(hidden size), as Gemma has it.
        var multipliesEmbeddingByRoot = false
        var embeddingKey: String?
        /// What a block adds to its input.
        var residualKey: String?
        /// Logits are divided by it.
        var logitDivisorKey: String?
        var logitSoftCapKey: String?
    }

    struct RopeRule: Sendable {
        var baseKey = "rope_theta"
        /// Layers with a window have a base of their own.
        var local: LocalRope?
        /// Whether a part of each head may be left as it is.
        var canBePartial = false
        /// Gives the rotated numbers of a head, where `partial_rotary_factor` is absent.
        var sizeKey: String?
        /// The list says 0 for each layer that does not rotate; without it every n-th layer does not.
        var skippedLayers: (listKey: String, intervalKey: String)?
        /// Whether GGUF files hold query and key rows in such an order that neighbours are rotated together.
        var ggufPairsNeighbours = false
    }

    struct LocalRope: Sendable {
        var baseKey: String
        /// Whether `rope_scaling` is meant for these layers too.
        var isScaled: Bool
    }
}

public enum NormKind: Hashable, Sendable {
    case rms
    /// With the mean taken away.
    case layer
}

public enum HeadNorm: Hashable, Sendable {
    case none
    /// Each head by itself.
    case eachHead
    /// All heads of a token as one vector.
    case allHeads
}
