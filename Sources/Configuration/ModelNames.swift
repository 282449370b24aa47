/// Under which names an edge offers the fleet's models.
public struct ModelNames: Hashable, Sendable {
    /// From a name that clients use to the model's own.
    public var aliases: [String: String]
    /// What answers requests that name no model or an unknown one.
    public var defaultModel: String?

    init(_ settings: Settings) throws(UsageError) {
        aliases = [:]
        for (name, model) in settings.pairs(.alias) {
            if let other = aliases.updateValue(model, forKey: name), other != model {
                throw UsageError("--alias \(name) is given for \(other) and for \(model)")
            }
        }
        for model in try ModelOptions(settings).models {
            for name in model.aliases {
                if let other = aliases.updateValue(model.name, forKey: name), other != model.name {
                    throw UsageError("the alias \(name) is given for \(other) and for \(model.name)")
                }
            }
        }
        defaultModel = settings.optionalText(.defaultModel)
    }
}
