/// The automata that one compilation has made, so that schemas that say the same share them.
///
/// A number's is the largest there is, and most schemas hold one.
struct AutomatonBook {
    private var numbers: [NumberRules: CharacterAutomaton] = [:]
    private var texts: [SchemaConjunct.TextRules: CharacterAutomaton] = [:]
    private var patterns: [String: CharacterAutomaton] = [:]
    private var expressions: [String: CharacterAutomaton] = [:]
    private var avoiding: [Avoided: CharacterAutomaton] = [:]

    private struct Avoided: Hashable {
        var texts: [[UInt32]]
        var refused: ScalarSet
    }

    mutating func automaton(
        of rules: NumberRules,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        if let known = numbers[rules] { return known }
        let automaton = try NumberAutomaton.automaton(of: rules, &budget)
        numbers[rules] = automaton
        return automaton
    }

    /// The texts of some rules; without patterns their lengths are left to whoever reads them.
    mutating func automaton(
        of rules: SchemaConjunct.TextRules,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        if let known = texts[rules] { return known }
        var automaton = CharacterAutomaton.everything
        for pattern in rules.patterns.sorted() {
            automaton = try automaton.intersection(try self.automaton(ofPattern: pattern, &budget), &budget)
        }
        for format in rules.formats.sorted() {
            guard let pattern = StringFormat.patterns[format] else { continue }
            automaton = try automaton.intersection(try self.automaton(ofWhole: pattern, &budget), &budget)
        }
        if !automaton.isEverything {
            automaton = try automaton.counted(least: rules.least, most: rules.most, &budget)
        }
        texts[rules] = automaton
        return automaton
    }

    /// The texts that a pattern matches somewhere.
    mutating func automaton(
        ofPattern pattern: String,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        if let known = patterns[pattern] { return known }
        do throws(ConstraintError) {
            let parsed = try PatternParser.parse(pattern).searched
            let automaton = try LooseAutomaton.automaton(of: parsed, &budget)
            patterns[pattern] = automaton
            return automaton
        } catch {
            throw ConstraintError("\(error) (\(pattern.prefix(80)))", keyword: "pattern")
        }
    }

    /// The texts that a pattern matches as a whole.
    mutating func automaton(
        ofWhole pattern: String,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        if let known = expressions[pattern] { return known }
        let automaton = try LooseAutomaton.automaton(of: try PatternParser.parse(pattern), &budget)
        expressions[pattern] = automaton
        return automaton
    }

    /// Texts in which none of some others stands, and no character of a set.
    mutating func automaton(
        avoiding texts: [String],
        _ refused: ScalarSet,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        let avoided = Avoided(texts: texts.map { $0.unicodeScalars.map(\.value) }, refused: refused)
        if let known = avoiding[avoided] { return known }
        let automaton = try CharacterAutomaton.avoiding(avoided.texts, refused, &budget)
        avoiding[avoided] = automaton
        return automaton
    }
}
