internal import Contract

/// How service tiers and lanes translate into each other.
///
/// | lane   | OpenAI asks             | OpenAI hears | Anthropic asks        | Anthropic hears |
/// |--------|-------------------------|--------------|-----------------------|-----------------|
/// | high   | priority, fast          | priority     | (header only)         | priority        |
/// | normal | auto, default, scale    | default      | auto, standard_only   | standard        |
/// | low    | flex                    | flex         | (header only)         | batch           |
///
/// vLLM's `priority` is the high lane below zero and the low one above it, where no tier is named. The header
/// `x-millrace-lane` wins over both.
extension Lane {
    static let header = "x-millrace-lane"

    static func asked(
        by fields: RequestFields,
        _ headers: RequestHeaders,
        _ dialect: Dialect
    ) throws(DialectError) -> Lane {
        let byTier = try tier(fields, dialect)
        guard let name = headers[header] else { return byTier }
        guard let lane = Lane(name: name) else {
            throw .invalid("header \(header)", "is \(name.quoted), it must be one of high, normal, low")
        }
        return lane
    }

    private static func tier(_ fields: RequestFields, _ dialect: Dialect) throws(DialectError) -> Lane {
        let byPriority = try priority(fields, dialect)
        guard let tier = try fields.text("service_tier") else { return byPriority }
        switch (dialect, tier) {
        case (.openAI, "auto"), (.openAI, "default"), (.openAI, "scale"): return .normal
        case (.openAI, "priority"), (.openAI, "fast"): return .high
        case (.openAI, "flex"): return .low
        case (.anthropic, "auto"), (.anthropic, "standard_only"): return .normal
        default:
            let known =
                dialect == .openAI ? "auto, default, scale, priority, fast, flex" : "auto, standard_only"
            throw .invalid(fields.name("service_tier"), "is \(tier.quoted), it must be one of \(known)")
        }
    }

    /// vLLM serves lower numbers earlier.
    private static func priority(_ fields: RequestFields, _ dialect: Dialect) throws(DialectError) -> Lane {
        guard dialect == .openAI,
            let priority = try fields.integer("priority", in: RequestLimits.priority), priority != 0
        else { return .normal }
        return priority < 0 ? .high : .low
    }

    /// The tier really used, as the reply says it.
    func tierName(in dialect: Dialect) -> String {
        switch self {
        case .high: "priority"
        case .normal: dialect == .openAI ? "default" : "standard"
        case .low: dialect == .openAI ? "flex" : "batch"
        }
    }
}
