internal import JSON

extension Family {
    /// Which layers see a window of the text only, and how wide it is.
    struct WindowRule: Sendable {
        /// Which layers, where `layer_types` does not list them.
        enum Pattern: Sendable {
            case everyLayer
            /// Those from the one on that the key names.
            case from(key: String)
            /// All but every n-th: the last of each n layers, or the first.
            case allButEvery(key: String, first: Bool = false)
            /// Every other one below the one that the key names.
            case alternatingBelow(key: String)
            /// Those that do not rotate.
            case unrotated
        }

        var pattern: Pattern
        /// Counts the token itself; encoders count both sides.
        var sizeKey = "sliding_window"
        /// The window is used only where this key says so.
        var switchKey: String?
        var readsLayerTypes = true
    }
}

/// Reads which layers see how much.
struct WindowReader {
    var family: Family
    var fields: ConfigFields
    var layerCount: Int
    /// Layers that rotate.
    var rotates: [Bool]

    /// Per layer: positions that a token sees before its own (in an encoder also behind it); nil for all.
    func reaches() throws(ModelFileError) -> [Int?] {
        guard let rule = family.window else {
            try refuseWindows()
            return Array(repeating: nil, count: layerCount)
        }
        let kinds = try windowed(rule)
        guard kinds.contains(true) else { return Array(repeating: nil, count: layerCount) }
        let reach = try reach(rule)
        return kinds.map { $0 ? reach : nil }
    }

    /// Which layers have a window.
    private func windowed(_ rule: Family.WindowRule) throws(ModelFileError) -> [Bool] {
        if let key = rule.switchKey, try !fields.flag(key) {
            return Array(repeating: false, count: layerCount)
        }
        if rule.readsLayerTypes, let listed = try listedLayers() { return listed }
        guard fields[rule.sizeKey] != nil else {
            return Array(repeating: false, count: layerCount)
        }
        let layers = 0..<layerCount
        switch rule.pattern {
        case .everyLayer: return layers.map { _ in true }
        case .from(let key):
            let first = try fields.count(key, in: 0...ModelFileLimits.layers.upperBound)
            return layers.map { $0 >= first }
        case .allButEvery(let key, let first):
            let period = try fields.count(key, in: ModelFileLimits.layers)
            return layers.map { !($0 + (first ? 0 : 1)).isMultiple(of: period) }
        case .alternatingBelow(let key):
            let end = try fields.count(key, in: 0...ModelFileLimits.layers.upperBound)
            return layers.map { $0 < end && $0.isMultiple(of: 2) }
        case .unrotated: return rotates.map { !$0 }
        }
    }

    private func reach(_ rule: Family.WindowRule) throws(ModelFileError) -> Int {
        let size = try fields.count(rule.sizeKey, in: ModelFileLimits.context)
        return family.isCausal ? size - 1 : size / 2
    }

    /// `layer_types`: nil if absent.
    private func listedLayers() throws(ModelFileError) -> [Bool]? {
        guard let names = fields["layer_types"] else { return nil }
        guard let names = names.arrayValue, names.count == layerCount else {
            throw fields.error("layer_types", "is not a list of \(layerCount) layers")
        }
        var kinds: [Bool] = []
        for name in names {
            switch name {
            case "full_attention": kinds.append(false)
            case "sliding_attention": kinds.append(true)
            default: throw fields.error("layer_types", "\(name) is not supported")
            }
        }
        return kinds
    }

    private func refuseWindows() throws(ModelFileError) {
        if try fields.flag("use_sliding_window") {
            throw fields.error("use_sliding_window", "\(family.name) models are not computed with a window")
        }
        if try listedLayers()?.contains(true) == true {
            throw fields.error("layer_types", "\(family.name) models are not computed with a window")
        }
    }
}
