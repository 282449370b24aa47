internal import Constraints

/// Takes out of the texts of a prompt what clients change with every request, so that prompts which say the
/// same begin alike, and what was computed for one serves the next.
///
/// Compiled once from rules; a pure function of a text after that, in time linear in it. Every edge with the
/// same rules makes the same prompt of a request.
public struct VolatileText: Sendable {
    private struct Rule: Sendable {
        var place: VolatileRule.Place
        var unit: VolatileRule.Unit
        var pattern: TextPattern
        var replacement: String
    }

    private let rules: [Rule]

    /// Leaves every text as it is.
    public static let untouched = VolatileText()
    /// Follows the rules that are built in.
    public static let standard = (try? VolatileText(following: [])) ?? .untouched

    private init() { rules = [] }

    /// Follows the built-in rules and then `more`.
    public init(following more: [VolatileRule], withBuiltIn: Bool = true) throws(VolatileRuleError) {
        let names = Set(more.map(\.name))
        guard names.count == more.count else {
            throw VolatileRuleError("has two rules of one name")
        }
        let limit = RequestLimits.volatileRules
        guard more.count <= limit else {
            throw VolatileRuleError("has \(more.count) rules, at most \(limit) are allowed")
        }
        let kept = withBuiltIn ? VolatileRule.builtIn.filter { !names.contains($0.name) } : []
        var rules: [Rule] = []
        for rule in kept + more where rule.isEnabled {
            do throws(VolatileRuleError) {
                rules.append(try Self.compiled(rule))
            } catch {
                throw error.named(rule.name)
            }
        }
        self.rules = rules
    }

    private static func compiled(_ rule: VolatileRule) throws(VolatileRuleError) -> Rule {
        let limit = RequestLimits.volatilePatternBytes
        for (word, text) in [("pattern", rule.pattern), ("replacement", rule.replacement)]
        where text.utf8.count > limit {
            throw VolatileRuleError("\"\(word)\" has \(text.utf8.count) bytes, at most \(limit) are allowed")
        }
        let pattern: TextPattern
        do {
            pattern = try TextPattern(rule.pattern)
        } catch {
            throw VolatileRuleError("\"pattern\": \(error)")
        }
        guard !pattern.matchesEmptyText else {
            throw VolatileRuleError("\"pattern\" matches a text without any letter")
        }
        return Rule(
            place: rule.place,
            unit: rule.unit,
            pattern: pattern,
            replacement: rule.replacement
        )
    }

    /// The text without what changes.
    func canonical(_ text: String, isSystem: Bool) -> String {
        var text = text
        for rule in rules where isSystem || rule.place == .any {
            switch rule.unit {
            case .head: if let made = Self.withoutHead(text, rule) { text = made }
            case .line: if let made = Self.withoutLines(text, rule) { text = made }
            case .text: if rule.pattern.matches(Self.trimmed(text[...])) { text = rule.replacement }
            }
        }
        return text
    }

    private static func withoutHead(_ text: String, _ rule: Rule) -> String? {
        guard let end = rule.pattern.longestMatch(in: text[...]) else { return nil }
        var rest = text.unicodeScalars[end...]
        if rule.replacement.isEmpty {
            if rest.first == "\r" { rest.removeFirst() }
            if rest.first == "\n" { rest.removeFirst() }
        }
        return rule.replacement + String(rest)
    }

    /// Lines that go leave none behind; where the last ones go, so do the empty lines in front of them.
    ///
    /// Replacements end where they would make a text much longer: it is too long for a prompt then.
    private static func withoutLines(_ text: String, _ rule: Rule) -> String? {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Substring($0) }
        var kept: [Substring] = []
        var endsInMatch = false
        var isChanged = false
        var room = RequestLimits.volatileGrowthBytes
        for line in lines {
            let text = trimmed(line)
            guard room >= rule.replacement.utf8.count, rule.pattern.matches(text) else {
                kept.append(line)
                endsInMatch = endsInMatch && text.isEmpty
                continue
            }
            isChanged = true
            endsInMatch = true
            room -= rule.replacement.utf8.count
            if !rule.replacement.isEmpty { kept.append(rule.replacement[...]) }
        }
        guard isChanged else { return nil }
        if endsInMatch, rule.replacement.isEmpty {
            while let last = kept.last, trimmed(last).isEmpty { kept.removeLast() }
        }
        return kept.joined(separator: "\n")
    }

    /// Without white space around it.
    private static func trimmed(_ text: Substring) -> Substring {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return text[text.endIndex...] }
        return text[first..<scalars.index(after: last)]
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n"
    }
}
