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
    /// What one element at least has to be, where all are like `rest`.
    var contained: Int?
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

    /// What stands around members and between them; parts of the grammar.
    struct Marks: Sendable {
        var open = 0
        /// In front of the first member.
        var first = 0
        var between = 0
        /// Between a name and its value.
        var assign = 0
        /// Behind the last member.
        var last = 0
        var close = 0
    }

    var marks: Marks
    var slots: [Slot] = []
    var others: [Others] = []
    var least = 0
    var most: Int?
}

extension GrammarPart {
    /// The part in a grammar in which all that it refers to has other places.
    fileprivate func moved(parts: Int, rules: Int, _ automata: [Int]) -> GrammarPart {
        switch self {
        case .nothing, .bytes: return self
        case .text(var text):
            text.automaton = automata[text.automaton]
            return .text(text)
        case .sequence(let inner): return .sequence(inner.map { $0 + parts })
        case .choice(let inner): return .choice(inner.map { $0 + parts })
        case .rule(let rule): return .rule(rule + rules)
        case .repeated(let part, let least, let most):
            return .repeated(part + parts, least: least, most: most)
        // Grammars that are written by hand have none of these.
        case .array, .object: return self
        }
    }
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

    /// How the members of an object stand in JSON.
    private(set) var braces = ObjectPlan.Marks()

    init() throws(ConstraintError) {
        // One space, or a new line and its indentation; bounded, so that no model can go on with it for ever.
        let blank = Pattern.one(ScalarSet(" "))
        let tab = Pattern.one(ScalarSet("\t"))
        let pattern = Pattern.choice([
            .repeated(blank, least: 0, most: 1),
            .sequence([.text("\n"), .repeated(blank, least: 0, most: 40)]),
            .sequence([.text("\n"), .repeated(tab, least: 1, most: 20)]),
        ])
        var budget = StepBudget()
        space = raw(try LooseAutomaton.automaton(of: pattern, &budget))
        let comma = bytes(",")
        let colon = bytes(":")
        braces.open = bytes("{")
        braces.first = space
        braces.between = add(.sequence([comma, space]))
        braces.assign = add(.sequence([colon, space]))
        braces.last = space
        braces.close = bytes("}")
    }

    /// Adds all of another grammar; returns the part that is its root.
    mutating func add(_ other: Grammar) -> Int {
        let (firstPart, firstRule) = (parts.count, rules.count)
        let automata = other.automata.map { number(of: $0) }
        parts += other.parts.map { $0.moved(parts: firstPart, rules: firstRule, automata) }
        rules += other.rules.map { $0.map { $0 + firstPart } }
        return add(.rule(other.root + firstRule))
    }

    mutating func add(_ part: GrammarPart) -> Int {
        parts.append(part)
        return parts.count - 1
    }

    mutating func bytes(_ text: String) -> Int { add(.bytes(Array(text.utf8))) }

    /// Lengths may only be counted beside an automaton that takes every beginning of its texts.
    mutating func raw(_ automaton: CharacterAutomaton, least: Int = 0, most: Int? = nil) -> Int {
        text(automaton, .raw, least, most)
    }

    /// A name that its object must not have yet, as it is.
    mutating func rawName(_ automaton: CharacterAutomaton) -> Int {
        var part = Program.Text(automaton: number(of: automaton), form: .raw)
        part.isName = true
        return text(part)
    }

    /// The same between quotes.
    mutating func quotedName(_ automaton: CharacterAutomaton, isSingle: Bool = false) -> Int {
        var part = Program.Text(automaton: number(of: automaton), form: isSingle ? .singleQuoted : .quoted)
        part.isName = true
        let inside = text(part)
        let quote = bytes(isSingle ? "'" : "\"")
        return add(.sequence([quote, inside]))
    }

    /// Bytes that need not be characters.
    mutating func loose(_ automaton: CharacterAutomaton) -> Int { text(automaton, .loose, 0, nil) }

    /// A JSON string, or one that Python writes with single quotes.
    mutating func quoted(
        _ automaton: CharacterAutomaton,
        least: Int = 0,
        most: Int? = nil,
        isSingle: Bool = false
    ) -> Int {
        let inside = text(automaton, isSingle ? .singleQuoted : .quoted, least, most)
        let quote = bytes(isSingle ? "'" : "\"")
        return add(.sequence([quote, inside]))
    }

    private mutating func text(
        _ automaton: CharacterAutomaton,
        _ form: Program.Text.Form,
        _ least: Int,
        _ most: Int?
    ) -> Int {
        var part = Program.Text(automaton: number(of: automaton), form: form)
        part.least = min(least, Int(Int32.max))
        part.most = most.map { min($0, Int(Int32.max)) } ?? -1
        return text(part)
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
