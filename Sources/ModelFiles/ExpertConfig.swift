internal import JSON

/// The experts of a model: many small feed-forward blocks, of which each token passes a few.
public struct ExpertConfig: Hashable, Sendable {
    /// How a router's numbers become weights.
    public enum Score: Hashable, Sendable {
        /// Over all experts.
        case softmax
        case sigmoid
        /// Over those that were chosen.
        case softmaxOfChosen
    }

    public var count: Int
    public var perToken: Int
    /// Numbers per token inside one expert.
    public var size: Int
    public var score: Score
    public var normalizes: Bool
    public var activation: Activation
    public var hasBias: Bool
    public var routerHasBias: Bool
    /// Numbers inside the expert that every token passes; nil: there is none.
    public var sharedSize: Int?

    /// Nil: no layer has experts.
    init?(
        _ rule: Family.ExpertRule?,
        _ fields: ConfigFields,
        activation: Activation
    ) throws(ModelFileError) {
        guard let rule else { return nil }
        let key = rule.countKeys.first { fields[$0] != nil } ?? rule.countKeys[0]
        count = try fields.count(key, in: ModelFileLimits.experts)
        perToken = try fields.count(rule.perTokenKey, in: 1...count)
        size = try fields.count(rule.sizeKey, in: ModelFileLimits.width)
        score = rule.score
        normalizes = try fields.choose(rule.normalizes)
        hasBias = rule.hasBias
        routerHasBias = rule.routerHasBias
        if rule.hasClampedGate {
            self.activation = .clampedGate(
                alpha: Float(try fields.number("swiglu_alpha", in: 1e-3...1e3, default: 1.702)),
                limit: Float(try fields.number("swiglu_limit", in: 1e-3...1e6, default: 7))
            )
        } else {
            self.activation = activation
        }
        if let key = rule.sharedSizeKey {
            sharedSize = try fields.count(key, in: ModelFileLimits.width)
        }
    }
}

extension Family.ExpertRule {
    /// Which layers have experts.
    func layers(_ fields: ConfigFields, layerCount: Int) throws(ModelFileError) -> [Bool] {
        guard skipsLayers else { return Array(repeating: true, count: layerCount) }
        let step = try fields.count("decoder_sparse_step", in: ModelFileLimits.layers, default: 1)
        var dense: Set<Int64> = []
        if let listed = fields["mlp_only_layers"] {
            guard let layers = listed.arrayValue else {
                throw fields.error("mlp_only_layers", "is not a list")
            }
            for layer in layers {
                guard let index = layer.integerValue else {
                    throw fields.error("mlp_only_layers", "holds \(layer), not a layer")
                }
                dense.insert(index)
            }
        }
        return (0..<layerCount).map { !dense.contains(Int64($0)) && ($0 + 1).isMultiple(of: step) }
    }
}
