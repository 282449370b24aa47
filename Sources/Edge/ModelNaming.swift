/// Which model is meant by the name in a request.
public struct ModelNaming: Sendable {
    /// Name, or beginning of a name with a star behind it, to model.
    public var aliases: [String: String]
    /// What answers to a name that nobody knows; nil refuses it.
    public var defaultModel: String?

    public init(aliases: [String: String] = [:], defaultModel: String? = nil) {
        self.aliases = aliases
        self.defaultModel = defaultModel
    }

    /// The model that a name in an operator's command means: none but itself and its alias, since what is
    /// unloaded should be what was named.
    func plain(_ name: String, among known: [String]) -> String {
        known.contains(name) ? name : aliases[name] ?? name
    }

    /// The served model for a requested name: itself, its alias, the longest alias pattern, the default; else
    /// nil.
    public func resolve(_ name: String, among served: [String]) -> String? {
        if served.contains(name) { return name }
        if let alias = aliases[name] { return alias }
        let patterns = aliases.keys.filter { $0.hasSuffix("*") && name.hasPrefix($0.dropLast()) }
        let longest = patterns.max { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        return longest.flatMap { aliases[$0] } ?? defaultModel
    }
}
