public import JSON

/// Where clients write something into a prompt that changes with every request and says nothing to a model.
///
/// One rule of the configuration; `VolatileText` follows it.
public struct VolatileRule: Hashable, Sendable {
    /// Whose texts are looked at.
    public enum Place: String, CaseIterable, Sendable {
        /// The system's, wherever they stand.
        case system
        /// Those of users, answers and tools as well.
        case any
    }

    /// How much of a text is taken.
    public enum Unit: String, CaseIterable, Sendable {
        /// The longest beginning that matches, with the line break behind it.
        case head
        /// Each line that matches from its first to its last letter.
        case line
        /// The text, if all of it matches.
        case text
    }

    /// What errors call it; a rule with the name of a built-in one takes its place.
    public var name: String
    public var place: Place
    public var unit: Unit
    public var pattern: String
    /// What stands there instead; a line that becomes empty is gone.
    public var replacement = ""
    /// False switches a built-in rule off.
    public var isEnabled = true

    init(_ name: String, _ place: Place, _ unit: Unit, _ pattern: String) {
        self.name = name
        self.place = place
        self.unit = unit
        self.pattern = pattern
    }

    /// Rules that are there without being asked for.
    ///
    /// Both are lines that Claude Code writes for its own servers: an attribution with a hash of the request,
    /// in front of the system prompt, and what is left of a budget of tokens, as a system text of its own.
    public static let builtIn = [
        VolatileRule(
            "claude-code-attribution",
            .system,
            .head,
            #"x-anthropic-billing-header:(([ \t]*[A-Za-z0-9_.-]+=[^;\r\n]*;)+"#
                + #"([ \t]*[A-Za-z0-9_.-]+=[^;\s]*)?|[ \t]*[A-Za-z0-9_.-]+=[^;\s]*)[ \t]*"#
        ),
        VolatileRule(
            "claude-code-token-budget",
            .system,
            .line,
            "<total_tokens>[0-9]+ tokens left</total_tokens>"
        ),
    ]
}

extension VolatileRule {
    /// Reads a rule as the configuration has it.
    public init(_ value: JSONValue) throws(VolatileRuleError) {
        guard let members = value.objectValue else { throw VolatileRuleError("must be an object") }
        for (key, _) in members where !Self.keys.contains(key) {
            throw VolatileRuleError("has an unknown member \(key.quoted)")
        }
        guard let name = try members.text("name"), !name.isEmpty else {
            throw VolatileRuleError("needs a \"name\"")
        }
        do throws(VolatileRuleError) {
            try self.init(name, members)
        } catch {
            throw error.named(name)
        }
    }

    private static let keys = ["name", "where", "what", "pattern", "replacement", "enabled"]

    private init(_ name: String, _ members: JSONObject) throws(VolatileRuleError) {
        guard let isEnabled = members["enabled"].map(\.boolValue) ?? true else {
            throw VolatileRuleError("\"enabled\" must be true or false")
        }
        let pattern = try members.text("pattern")
        guard pattern != nil || !isEnabled else { throw VolatileRuleError("needs a \"pattern\"") }
        self.init(
            name,
            try members.word("where") ?? .system,
            try members.word("what") ?? .line,
            pattern ?? ""
        )
        replacement = try members.text("replacement") ?? ""
        self.isEnabled = isEnabled
    }
}

/// Why a rule cannot be followed, in words that name it.
public struct VolatileRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }

    func named(_ name: String) -> VolatileRuleError { VolatileRuleError("\(name.quoted): \(description)") }
}

extension JSONObject {
    fileprivate func text(_ key: String) throws(VolatileRuleError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.stringValue else { throw VolatileRuleError("\(key.quoted) must be a string") }
        return text
    }

    fileprivate func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String
    ) throws(VolatileRuleError) -> Word? {
        guard let text = try text(key) else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw VolatileRuleError("\(key.quoted) is \(text.quoted), it must be one of \(known)")
        }
        return word
    }
}
