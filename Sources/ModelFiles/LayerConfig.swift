internal import JSON

/// What sets one layer of a model apart from its neighbours.
public struct LayerConfig: Hashable, Sendable {
    /// Positions before its own that a token sees, and as many behind it where the model is an encoder; nil:
    /// everything that it may.
    public var reach: Int?
    /// Index into the config's ropes; nil: queries and keys are not rotated.
    public var rope: Int?
    public var hasExperts: Bool
}

/// Reads the layers of a model.
struct LayerReader {
    var family: Family
    var fields: ConfigFields
    var headSize: Int
    var contextTokens: Int

    func read() throws(ModelFileError) -> (layers: [LayerConfig], ropes: [Rope]) {
        let count = try fields.count(family.layerCountKey, in: ModelFileLimits.layers)
        let rotates = try rotates(count)
        let reaches = try WindowReader(family: family, fields: fields, layerCount: count, rotates: rotates)
            .reaches()
        let experts =
            try family.experts?.layers(fields, layerCount: count) ?? Array(repeating: false, count: count)
        var ropes: [Rope] = []
        if rotates.contains(true) {
            let reader = RopeReader(
                rule: family.rope,
                fields: fields,
                headSize: headSize,
                contextTokens: contextTokens
            )
            let (full, windowed) = try reader.ropes()
            ropes = windowed == full ? [full] : [full, windowed]
        }
        let layers = (0..<count).map { index in
            LayerConfig(
                reach: reaches[index],
                rope: rotates[index] ? (reaches[index] == nil ? 0 : ropes.count - 1) : nil,
                hasExperts: experts[index]
            )
        }
        return (layers, ropes)
    }

    private func rotates(_ count: Int) throws(ModelFileError) -> [Bool] {
        guard case .rotary = family.positions else { return Array(repeating: false, count: count) }
        guard let skipped = family.rope.skippedLayers else { return Array(repeating: true, count: count) }
        guard let listed = fields[skipped.listKey] else {
            let interval = try fields.count(skipped.intervalKey, in: ModelFileLimits.layers)
            return (0..<count).map { !($0 + 1).isMultiple(of: interval) }
        }
        guard let flags = listed.arrayValue, flags.count == count else {
            throw fields.error(skipped.listKey, "is not a list of \(count) layers")
        }
        var rotates: [Bool] = []
        for flag in flags {
            switch flag {
            case 0, false: rotates.append(false)
            case 1, true: rotates.append(true)
            default: throw fields.error(skipped.listKey, "holds \(flag), neither 0 nor 1")
            }
        }
        return rotates
    }
}
