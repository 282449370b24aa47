internal import JSON

/// How a model turns positions into angles.
public struct Rope: Hashable, Sendable {
    /// Makes a model see further than it was trained to.
    public enum Scaling: Hashable, Sendable {
        case none
        /// All frequencies divided by `factor`.
        case linear(factor: Double)
        case llama3(Llama3)
    }

    /// Llama 3's: long waves are divided by `factor`, short ones kept, those between blended.
    public struct Llama3: Hashable, Sendable {
        public var factor: Double
        public var lowFrequencyFactor: Double
        public var highFrequencyFactor: Double
        public var originalContextTokens: Int
    }

    public var base: Double
    public var scaling: Scaling

    /// Reads `rope_parameters` or, in the older style, `rope_theta` and `rope_scaling`.
    init(_ config: ConfigFields) throws(ModelFileError) {
        let parameters = try config.object("rope_parameters")
        base = try (parameters ?? config).number("rope_theta", in: 1...1e12, default: 10_000)
        let scalingFields = try config.object("rope_scaling")
        guard let fields = parameters ?? scalingFields else {
            scaling = .none
            return
        }
        let kind = try fields.text("rope_type", default: fields.text("type", default: "default"))
        let factors = 1.0...1e6
        switch kind {
        case "default":
            scaling = .none
        case "linear":
            scaling = .linear(factor: try fields.number("factor", in: factors))
        case "llama3":
            let low = try fields.number("low_freq_factor", in: 1e-6...1e6)
            let high = try fields.number("high_freq_factor", in: 1e-6...1e6)
            guard low < high else {
                throw fields.error("high_freq_factor", "\(high) is not above low_freq_factor")
            }
            scaling = .llama3(
                Llama3(
                    factor: try fields.number("factor", in: factors),
                    lowFrequencyFactor: low,
                    highFrequencyFactor: high,
                    originalContextTokens: try fields.count(
                        "original_max_position_embeddings",
                        in: ModelFileLimits.context
                    )
                )
            )
        default:
            throw fields.error("rope_type", "\"\(kind)\" is not supported; known are default, linear, llama3")
        }
    }
}
