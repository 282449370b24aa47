/// The function that bends what is inside a feed-forward block.
public enum Activation: Hashable, Sendable {
    case silu
    case gelu
    /// With a hyperbolic tangent in place of the error function.
    case geluTanh
    case relu
    case reluSquared
    /// gpt-oss's: both projections limited, 1 added to the second.
    case clampedGate(alpha: Float, limit: Float)

    /// In the words of config.json.
    static let known: [String: Activation] = [
        "silu": .silu, "swish": .silu, "gelu": .gelu, "gelu_python": .gelu, "gelu_new": .geluTanh,
        "gelu_pytorch_tanh": .geluTanh, "gelu_python_tanh": .geluTanh, "gelu_fast": .geluTanh,
        "relu": .relu, "relu2": .reluSquared,
    ]

    init(_ rule: Family.FeedForwardRule, _ fields: ConfigFields) throws(ModelFileError) {
        self = try fields.activation(rule.activationKey, default: "silu")
        if rule.readsGeluAsTanh, self == .gelu { self = .geluTanh }
    }
}

extension ConfigFields {
    func activation(_ key: String, default fallback: String) throws(ModelFileError) -> Activation {
        let name = try text(key, default: fallback)
        guard let activation = Activation.known[name] else {
            let known = Activation.known.keys.sorted().joined(separator: ", ")
            throw error(key, "\"\(name)\" is not supported; known are \(known)")
        }
        return activation
    }

    func choose(_ choice: Family.Choice) throws(ModelFileError) -> Bool {
        switch choice {
        case .never: false
        case .always: true
        case .key(let key, let fallback): try flag(key, default: fallback)
        }
    }
}
