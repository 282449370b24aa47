public import Dialects
internal import JSON

/// What an edge takes out of prompts because it changes with every request.
public struct VolatileOptions: Hashable, Sendable {
    /// Besides the built-in ones, or in the place of those with the same name.
    public var rules: [VolatileRule]
    public var hasDefaults: Bool

    init(_ settings: Settings) throws(UsageError) {
        hasDefaults = settings.text(.volatileDefaults) == "on"
        rules = []
        for (index, value) in settings.objects(.volatileRule).enumerated() {
            do {
                rules.append(try VolatileRule(value))
            } catch {
                throw UsageError("volatile.rules[\(index)] \(error)")
            }
        }
        do {
            _ = try VolatileText(following: rules, withBuiltIn: hasDefaults)
        } catch {
            throw UsageError("volatile.rules \(error)")
        }
    }

    /// The rules, ready to be followed.
    public var text: VolatileText {
        (try? VolatileText(following: rules, withBuiltIn: hasDefaults)) ?? .untouched
    }
}
