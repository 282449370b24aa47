internal import Glibc
internal import JSON

/// How a model turns positions into angles.
public struct Rope: Hashable, Sendable {
    /// Makes a model see further than it was trained to.
    public enum Scaling: Hashable, Sendable {
        case none
        /// All frequencies divided by `factor`.
        case linear(factor: Double)
        /// A base that grows with texts longer than `trainedTokens`.
        case dynamic(factor: Double, trainedTokens: Int)
        case llama3(Llama3)
        case yarn(Yarn)
        case longRope(LongRope)
        /// Each frequency divided by a number of its own, as GGUF files have it.
        case divisors([Double])
    }

    /// Llama 3's: long waves are divided by `factor`, short ones kept, those between blended.
    public struct Llama3: Hashable, Sendable {
        public var factor: Double
        public var lowFrequencyFactor: Double
        public var highFrequencyFactor: Double
        public var originalContextTokens: Int
    }

    /// As Llama 3's, with bounds by how often a wave turns within the original context.
    public struct Yarn: Hashable, Sendable {
        public var factor: Double
        /// Turns beyond which a wave is kept, and below which it is divided.
        public var fastTurns: Double
        public var slowTurns: Double
        public var originalContextTokens: Int
        /// Whether the bounds are moved out to whole pairs.
        public var roundsBounds: Bool
    }

    /// A divisor for each frequency: one set for texts within the original context, one for longer ones.
    public struct LongRope: Hashable, Sendable {
        public var short: [Double]
        public var long: [Double]
        public var originalContextTokens: Int
    }

    /// What the frequencies are powers of.
    public var base: Double
    /// Numbers at the beginning of a head that are rotated.
    ///
    /// May be odd: it is what exponents are counted by, and the last pair is rotated whole.
    public var rotatedSize: Int
    public var scaling: Scaling
    /// What rotated queries and keys are multiplied with.
    public var magnitude: Double

    /// Pairs of a head that are rotated.
    public var pairCount: Int { (rotatedSize + 1) / 2 }
}

/// Reads the rotary parameters of a model, in the style of published configs (`rope_theta`, `rope_scaling`)
/// or in the newer one (`rope_parameters`, by kind of layer where kinds differ).
struct RopeReader {
    var rule: Family.RopeRule
    var fields: ConfigFields
    var headSize: Int
    /// What the model was trained on: `max_position_embeddings`.
    var contextTokens: Int

    /// For layers that see everything, and for those with a window.
    func ropes() throws(ModelFileError) -> (full: Rope, windowed: Rope) {
        let parameters = try fields.object("rope_parameters")
        if let full = try parameters?.object("full_attention") {
            let windowed = try parameters?.object("sliding_attention") ?? full
            return (try rope(full, scaling: full), try rope(windowed, scaling: windowed, rule.local))
        }
        let older = try fields.object("rope_scaling")
        let scaling = parameters ?? older
        let full = try rope(parameters, scaling: scaling)
        guard let local = rule.local else { return (full, full) }
        return (full, try rope(nil, scaling: local.isScaled ? scaling : nil, local))
    }

    private func rope(
        _ parameters: ConfigFields?,
        scaling: ConfigFields?,
        _ local: Family.LocalRope? = nil
    ) throws(ModelFileError) -> Rope {
        var rope = Rope(
            base: try base(parameters, local),
            rotatedSize: try rotatedSize(parameters ?? fields),
            scaling: .none,
            magnitude: 1
        )
        if let scaling {
            let reader = RopeScalingReader(
                fields: scaling,
                model: fields,
                pairCount: rope.pairCount,
                contextTokens: contextTokens
            )
            (rope.scaling, rope.magnitude) = try reader.read()
        }
        return rope
    }

    /// Among the rope's own parameters it has the same name for all layers.
    private func base(
        _ parameters: ConfigFields?,
        _ local: Family.LocalRope?
    ) throws(ModelFileError) -> Double {
        let range = ModelFileLimits.ropeBase
        if let parameters, parameters["rope_theta"] != nil {
            return try parameters.number("rope_theta", in: range)
        }
        return try fields.number(local?.baseKey ?? rule.baseKey, in: range, default: 10_000)
    }

    /// `source` goes before the model's own members.
    private func rotatedSize(_ source: ConfigFields) throws(ModelFileError) -> Int {
        let key = "partial_rotary_factor"
        let holder = source[key] != nil ? source : fields
        if holder[key] == nil, let sizeKey = rule.sizeKey, fields[sizeKey] != nil {
            return try fields.count(sizeKey, in: 2...headSize)
        }
        let share = try holder.number(key, in: 0...1, default: 1)
        guard share == 1 || rule.canBePartial else {
            throw holder.error(key, "only whole heads can be rotated")
        }
        let size = Int(Double(headSize) * share)
        guard size >= 2 else { throw holder.error(key, "rotates \(size) of \(headSize) numbers") }
        return size
    }
}

/// Reads how a rope is stretched.
private struct RopeScalingReader {
    /// The object with `rope_type`.
    var fields: ConfigFields
    /// config.json as a whole.
    var model: ConfigFields
    var pairCount: Int
    var contextTokens: Int

    private static let factors = 1e-6...1e6

    /// The scaling, and what rotated numbers are multiplied with.
    func read() throws(ModelFileError) -> (Rope.Scaling, magnitude: Double) {
        let kind = try fields.text("rope_type", default: fields.text("type", default: "default"))
        switch kind {
        case "default": return (.none, 1)
        case "linear": return (.linear(factor: try fields.number("factor", in: Self.factors)), 1)
        case "dynamic":
            return (
                .dynamic(factor: try fields.number("factor", in: 1...1e6), trainedTokens: contextTokens), 1
            )
        case "llama3": return (.llama3(try llama3()), 1)
        // Phi-3's first configs call it so.
        case "yarn" where fields["short_factor"] == nil: return try yarn()
        case "longrope", "su", "yarn": return try longRope()
        case "factors": return (.divisors(try divisors("factors")), 1)
        default:
            throw fields.error(
                "rope_type",
                "\"\(kind)\" is not supported; known are default, linear, dynamic, llama3, yarn, longrope"
            )
        }
    }

    private func llama3() throws(ModelFileError) -> Rope.Llama3 {
        let low = try fields.number("low_freq_factor", in: Self.factors)
        let high = try fields.number("high_freq_factor", in: Self.factors)
        guard low < high else {
            throw fields.error("high_freq_factor", "\(high) is not above low_freq_factor")
        }
        return Rope.Llama3(
            factor: try fields.number("factor", in: Self.factors),
            lowFrequencyFactor: low,
            highFrequencyFactor: high,
            originalContextTokens: try originalContextTokens()
        )
    }

    private func yarn() throws(ModelFileError) -> (Rope.Scaling, Double) {
        let original = try originalContextTokens()
        let stretch = Double(contextTokens) / Double(original)
        let yarn = Rope.Yarn(
            factor: try fields.number("factor", in: Self.factors, default: stretch),
            fastTurns: try turns("beta_fast", default: 32),
            slowTurns: try turns("beta_slow", default: 1),
            originalContextTokens: original,
            roundsBounds: try fields.flag("truncate", default: true)
        )
        let scale = try fields.number("mscale", in: 0...1e6, default: 0)
        let scaleOfAll = try fields.number("mscale_all_dim", in: 0...1e6, default: 0)
        let usual =
            scale == 0 || scaleOfAll == 0
            ? yarnMagnitude(yarn.factor)
            : yarnMagnitude(yarn.factor, scale) / yarnMagnitude(yarn.factor, scaleOfAll)
        return (.yarn(yarn), try fields.number("attention_factor", in: 0...1e6, default: usual))
    }

    /// 0 counts as absent.
    private func turns(_ key: String, default fallback: Double) throws(ModelFileError) -> Double {
        let turns = try fields.number(key, in: 0...1e6, default: fallback)
        return turns == 0 ? fallback : turns
    }

    private func longRope() throws(ModelFileError) -> (Rope.Scaling, Double) {
        let original = try originalContextTokens()
        let longRope = Rope.LongRope(
            short: try divisors("short_factor"),
            long: try divisors("long_factor"),
            originalContextTokens: original
        )
        let stretch = Double(contextTokens) / Double(original)
        let factor = try fields.number("factor", in: Self.factors, default: stretch)
        let isStretched = factor > 1 && original > 1
        let usual = isStretched ? (1 + log(factor) / log(Double(original))).squareRoot() : 1
        return (.longRope(longRope), try fields.number("attention_factor", in: 0...1e6, default: usual))
    }

    private func divisors(_ key: String) throws(ModelFileError) -> [Double] {
        let divisors = try fields.numbers(key, in: 1e-6...1e9)
        guard divisors.count == pairCount else {
            throw fields.error(key, "has \(divisors.count) numbers, a head has \(pairCount) pairs to rotate")
        }
        return divisors
    }

    /// The model's own goes before the scaling's; without either it is the whole context.
    private func originalContextTokens() throws(ModelFileError) -> Int {
        let key = "original_max_position_embeddings"
        let holder = model[key] != nil ? model : fields
        return try holder.count(key, in: ModelFileLimits.context, default: contextTokens)
    }
}

private func yarnMagnitude(_ factor: Double, _ scale: Double = 1) -> Double {
    factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
}
