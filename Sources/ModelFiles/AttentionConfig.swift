/// The attention of a model: how many heads of which size, and what is done with their scores.
public struct AttentionConfig: Hashable, Sendable {
    public var headCount: Int
    /// Divides `headCount`: each is shared by `headCount / keyValueHeadCount` query heads.
    public var keyValueHeadCount: Int
    /// Numbers per head, a multiple of 8; `headCount * headSize` need not be the hidden size.
    public var headSize: Int
    /// Scores are multiplied with it.
    public var scale: Float
    /// Scores are then bent below it.
    public var softCap: Float?
    /// Queries, keys and values are cut off at it.
    public var clip: Float?
    public var hasInputBias: Bool
    public var hasOutputBias: Bool
    public var hasSinks: Bool

    /// Numbers of all heads together.
    public var querySize: Int { headCount * headSize }
    public var keySize: Int { keyValueHeadCount * headSize }

    init(_ rule: Family.AttentionRule, _ fields: ConfigFields, hiddenSize: Int) throws(ModelFileError) {
        headCount = try fields.count(rule.headCountKey, in: ModelFileLimits.heads)
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
        headSize = try Self.headSize(rule, fields, hiddenSize: hiddenSize, headCount: headCount)
        scale = try Self.scale(rule.scale, fields, headSize: headSize)
        softCap = try fields.limit(rule.softCapKey)
        clip = try fields.limit(rule.clipKey)
        hasInputBias = try fields.choose(rule.bias)
        hasOutputBias = try fields.choose(rule.outputBias ?? rule.bias)
        hasSinks = rule.hasSinks
    }

    private static func headSize(
        _ rule: Family.AttentionRule,
        _ fields: ConfigFields,
        hiddenSize: Int,
        headCount: Int
    ) throws(ModelFileError) -> Int {
        if fields["head_dim"] == nil, !hiddenSize.isMultiple(of: headCount) {
            throw fields.error(
                rule.headCountKey,
                "\(headCount) does not divide the hidden size \(hiddenSize)"
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

    private static func scale(
        _ scale: Family.AttentionScale,
        _ fields: ConfigFields,
        headSize: Int
    ) throws(ModelFileError) -> Float {
        switch scale {
        case .headSize: 1 / Float(headSize).squareRoot()
        case .rootOf(let key): 1 / Float(try fields.number(key, in: 1e-6...1e9)).squareRoot()
        case .key(let key): Float(try fields.number(key, in: 0...1e6))
        }
    }
}

extension ConfigFields {
    /// A number above 0; nil where the family has no such key or config.json no such number.
    func limit(_ key: String?) throws(ModelFileError) -> Float? {
        guard let key, self[key] != nil else { return nil }
        return Float(try number(key, in: 1e-6...1e9))
    }
}
