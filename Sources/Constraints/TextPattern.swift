/// A regex that tells how far a text matches from its beginning, in time linear in what it reads.
///
/// The syntax is that of constraints, with the same bounds: it is made deterministic once, and a text is read
/// character by character after that.
public struct TextPattern: Hashable, Sendable {
    private let automaton: CharacterAutomaton

    public init(_ regex: String) throws(ConstraintError) {
        var budget = StepBudget()
        automaton = try LooseAutomaton.automaton(of: try PatternParser.parse(regex), &budget)
    }

    /// Whether it matches a text without any character.
    public var matchesEmptyText: Bool { automaton.accepts("") }

    /// Whether it matches the whole of a text.
    public func matches(_ text: Substring) -> Bool { longestMatch(in: text) == text.endIndex }

    /// Where the longest beginning ends that it matches; nil if it matches none.
    public func longestMatch(in text: Substring) -> Substring.Index? {
        let scalars = text.unicodeScalars
        var state = CharacterAutomaton.start
        var place = scalars.startIndex
        var end = automaton.accepts[Int(state)] ? place : nil
        while place < scalars.endIndex {
            state = automaton.step(state, scalars[place].value)
            guard state != CharacterAutomaton.dead else { break }
            place = scalars.index(after: place)
            if automaton.accepts[Int(state)] { end = place }
        }
        return end
    }
}
