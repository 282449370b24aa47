internal import Contract

/// How service tiers and lanes translate into each other.
///
/// | lane   | OpenAI asks             | OpenAI hears | Anthropic asks        | Anthropic hears |
/// |--------|-------------------------|--------------|-----------------------|-----------------|
/// | high   | priority, fast          | priority     | (header only)         | priority        |
/// | normal | auto, default, scale    | default      | auto, standard_only   | standard        |
/// | low    | flex                    | flex         | (header only)         | batch           |
///
/// The header `x-millrace-lane` wins over the tier.
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
        guard let tier = try fields.text("service_tier") else { return .normal }
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

    /// The tier really used, as the reply says it.
    func tierName(in dialect: Dialect) -> String {
        switch self {
        case .high: "priority"
        case .normal: dialect == .openAI ? "default" : "standard"
        case .low: dialect == .openAI ? "flex" : "batch"
        }
    }
}
