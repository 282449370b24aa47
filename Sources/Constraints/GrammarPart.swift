/// A piece of a grammar, on its way to instructions; pieces refer to each other by index.
enum GrammarPart: Sendable {
    /// What no text can satisfy.
    case nothing
    case bytes([UInt8])
    case text(Program.Text)
    case sequence([Int])
    case choice([Int])
    case rule(Int)
    case repeated(Int, least: Int, most: Int?)
    case array(ArrayPlan)
    case object(ObjectPlan)
}

/// A JSON array: elements with places of their own, then others.
struct ArrayPlan: Sendable {
    var prefix: [Int] = []
    /// Nil where none may follow.
    var rest: Int?
    var least = 0
    var most: Int?
}

/// A JSON object: members with names that are known, and others; in any order.
struct ObjectPlan: Sendable {
    struct Slot: Sendable {
        /// The name with its quotes.
        var key: Int
        var value: Int
        var isRequired: Bool
    }

    /// Members of other names.
    struct Others: Sendable {
        var key: Int
        var value: Int
    }

    var slots: [Slot] = []
    var others: [Others] = []
    var least = 0
    var most: Int?
}

/// A constraint as rules that refer to each other.
struct Grammar: Sendable {
    var parts: [GrammarPart] = []
    /// By rule: its part; nil until it is known.
    var rules: [Int?] = []
    var root = 0
    var automata: [CharacterAutomaton] = []
    private var automatonNumbers: [CharacterAutomaton: Int] = [:]
    private var textParts: [Program.Text: Int] = [:]

    /// A part for white space between the tokens of JSON.
    private(set) var space = 0

    init(_ budget: inout StepBudget) throws(ConstraintError) {
        // One space, or a new line and its indentation; bounded, so that no model can go on with it for ever.
        let blank = Pattern.one(ScalarSet(" "))
        let tab = Pattern.one(ScalarSet("\t"))
        let pattern = Pattern.choice([
            .repeated(blank, least: 0, most: 1),
            .sequence([.text("\n"), .repeated(blank, least: 0, most: 40)]),
            .sequence([.text("\n"), .repeated(tab, least: 1, most: 20)]),
        ])
        space = raw(try LooseAutomaton.automaton(of: pattern, &budget))
    }

    mutating func add(_ part: GrammarPart) -> Int {
        parts.append(part)
        return parts.count - 1
    }

    mutating func bytes(_ text: String) -> Int { add(.bytes(Array(text.utf8))) }

    mutating func raw(_ automaton: CharacterAutomaton) -> Int {
        text(Program.Text(automaton: number(of: automaton), form: .raw))
    }

    /// A JSON string.
    mutating func quoted(_ automaton: CharacterAutomaton, least: Int = 0, most: Int? = nil) -> Int {
        var quoted = Program.Text(automaton: number(of: automaton), form: .quoted)
        quoted.least = min(least, Int(Int32.max))
        quoted.most = most.map { min($0, Int(Int32.max)) } ?? -1
        let inside = text(quoted)
        let quote = bytes("\"")
        return add(.sequence([quote, inside]))
    }

    private mutating func text(_ text: Program.Text) -> Int {
        if let part = textParts[text] { return part }
        let part = add(.text(text))
        textParts[text] = part
        return part
    }

    private mutating func number(of automaton: CharacterAutomaton) -> Int {
        if let number = automatonNumbers[automaton] { return number }
        automata.append(automaton)
        automatonNumbers[automaton] = automata.count - 1
        return automata.count - 1
    }
}
