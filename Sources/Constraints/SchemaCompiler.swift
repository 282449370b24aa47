internal import JSON

/// Turns a JSON Schema into a grammar of the texts that satisfy it.
///
/// What the grammar lets through always satisfies the schema. What it leaves out, besides other orders of
/// members and other white space, are other ways to write a number (`1.0` for a whole one) and texts that no
/// reader would take (half a surrogate pair).
struct SchemaCompiler {
    var solver = SchemaSolver(.bool(true), StepBudget())
    var grammar: Grammar
    /// How values are written, and what must not stand in them.
    struct Style: Hashable {
        var notation = ValueNotation.json
        var enders: [String] = []
    }

    /// What a value without members or elements is written by.
    private struct Leaf: Hashable {
        var style: Style
        var kinds: SchemaConjunct.Kinds
        var numbers: NumberRules
        var text: SchemaConjunct.TextRules
    }

    /// What a text between tags is written by.
    struct BareText: Hashable {
        var rules: SchemaConjunct.TextRules
        var kinds: ValueKinds
        var enders: [String]
    }

    private var style = Style()
    var notation: ValueNotation { style.notation }
    /// What may stand in the strings of the notation; every beginning of such a text is one.
    private(set) var allowed = CharacterAutomaton.everything
    private var rules: [[Int]: Int] = [:]
    /// Parts that serve the schemas of all documents.
    private var leaves: [Leaf: [Int]] = [:]
    var bareTexts: [BareText: Int] = [:]
    /// The rule of any value.
    private var anything: [Style: Int] = [:]
    private var waiting: [(rule: Int, schemas: [Int])] = []

    init(_ grammar: Grammar) { self.grammar = grammar }

    var budget: StepBudget {
        get { solver.budget }
        set { solver.budget = newValue }
    }

    /// A part for any value of a schema, in JSON.
    mutating func value(of schema: JSONValue) throws(ConstraintError) -> Int {
        try begin(schema, .json)
        let part = try value(of: [0])
        try writeRules()
        return part
    }

    /// Begins with another schema; strings hold none of `enders`.
    mutating func begin(
        _ schema: JSONValue,
        _ notation: ValueNotation,
        enders: [String] = []
    ) throws(ConstraintError) {
        solver.begin(schema)
        style = Style(notation: notation, enders: enders)
        rules = [:]
        rules[[]] = anything[style]
        var texts = enders
        var refused = ScalarSet([])
        if case .bare(let quote) = notation {
            texts.append(String(decoding: quote, as: UTF8.self))
            refused = .controls
        }
        allowed = texts.isEmpty ? .everything : try solver.automaton(avoiding: texts, refused)
    }

    mutating func writeRules() throws(ConstraintError) {
        while let (rule, schemas) = waiting.popLast() {
            let part = try part(for: schemas)
            grammar.rules[rule] = part
        }
    }

    /// The rule of values that satisfy all of some schemas.
    private mutating func rule(for schemas: [Int]) throws(ConstraintError) -> Int {
        if let rule = rules[schemas] { return rule }
        guard grammar.rules.count < ConstraintLimits.rules else {
            throw .tooLarge("it has more than \(ConstraintLimits.rules) different schemas")
        }
        let rule = grammar.rules.count
        grammar.rules.append(nil)
        rules[schemas] = rule
        if schemas.isEmpty { anything[style] = rule }
        waiting.append((rule, schemas))
        return rule
    }

    mutating func value(of schemas: [Int]) throws(ConstraintError) -> Int {
        if let leaf = try leaf(for: schemas) { return leaf }
        let rule = try rule(for: schemas)
        return grammar.add(.rule(rule))
    }

    /// The part of values that have neither members nor elements and are not listed; nil for others.
    private mutating func leaf(for schemas: [Int]) throws(ConstraintError) -> Int? {
        guard !schemas.isEmpty, rules[schemas] == nil else { return nil }
        var parts: [Int] = []
        for way in try solver.ways(schemas) {
            guard way.values == nil, way.kinds.isDisjoint(with: [.object, .array]) else { return nil }
            parts += try self.parts(for: way)
        }
        guard parts.count != 1 else { return parts[0] }
        return parts.isEmpty ? nil : grammar.add(.choice(parts))
    }

    private mutating func part(for schemas: [Int]) throws(ConstraintError) -> Int {
        var parts: [Int] = []
        var values: [JSONValue] = []
        for way in try solver.ways(schemas) {
            guard let listed = way.values else {
                parts += try self.parts(for: way)
                continue
            }
            values += try solver.satisfying(listed, way)
        }
        parts += try literals(values)
        return grammar.add(parts.isEmpty ? .nothing : .choice(parts))
    }

    // MARK: Values that are listed

    mutating func literals(_ values: [JSONValue]) throws(ConstraintError) -> [Int] {
        var parts: [Int] = []
        let texts = values.compactMap(\.stringValue)
        if !texts.isEmpty {
            // All in one, so that a thousand of them are still one thread.
            parts.append(try text(try CharacterAutomaton.texts(texts, &solver.budget)))
        }
        for value in values where value.stringValue == nil { parts.append(try literal(value)) }
        return parts
    }

    /// Documents are nested no deeper than their reader lets them.
    private mutating func literal(_ value: JSONValue) throws(ConstraintError) -> Int {
        try solver.budget.spend(8)
        switch value {
        case .null: return null
        case .bool(let flag): return self.flag(flag)
        case .integer(let integer): return grammar.bytes("\(integer)")
        case .number(let number):
            let text = grammar.bytes("\(number)")
            guard let integer = Int64(exactly: number) else { return text }
            return grammar.add(.choice([grammar.bytes("\(integer)"), text]))
        case .string: return try literals([value])[0]
        case .array(let elements):
            var plan = ArrayPlan(least: elements.count, most: elements.count)
            for element in elements { plan.prefix.append(try literal(element)) }
            return grammar.add(.array(plan))
        case .object(let object):
            var plan = ObjectPlan(marks: grammar.braces)
            for (name, element) in object {
                let key = try self.key(name)
                plan.slots.append(ObjectPlan.Slot(key: key, value: try literal(element), isRequired: true))
            }
            return grammar.add(.object(plan))
        }
    }

    /// A name in the notation.
    mutating func key(_ name: String) throws(ConstraintError) -> Int {
        if case .bare = notation, name.isIdentifier { return grammar.bytes(name) }
        let text = try CharacterAutomaton.texts([name], &solver.budget)
        return try quoted(try text.intersection(enclosed, &solver.budget))
    }

    private var null: Int { mutating get { grammar.bytes(notation == .python ? "None" : "null") } }

    private mutating func flag(_ flag: Bool) -> Int {
        grammar.bytes(notation == .python ? (flag ? "True" : "False") : (flag ? "true" : "false"))
    }

    /// A string in the notation.
    ///
    /// Lengths may only be given for what is not `automaton`'s business.
    private mutating func text(
        _ automaton: CharacterAutomaton,
        least: Int = 0,
        most: Int? = nil
    ) throws(ConstraintError) -> Int {
        let inside = try automaton.intersection(allowed, &solver.budget)
        guard case .bare(let quote) = notation else { return try quoted(inside, least: least, most: most) }
        let sign = grammar.add(.bytes(quote))
        let text = grammar.raw(inside, least: least, most: most)
        return grammar.add(.sequence([sign, text, sign]))
    }

    private mutating func quoted(
        _ automaton: CharacterAutomaton,
        least: Int = 0,
        most: Int? = nil
    ) throws(ConstraintError) -> Int {
        let double = grammar.quoted(automaton, least: least, most: most)
        guard notation == .python else { return double }
        let single = grammar.quoted(automaton, least: least, most: most, isSingle: true)
        return grammar.add(.choice([double, single]))
    }

    /// What may stand between quotes; a notation with signs of its own escapes there like JSON.
    private var enclosed: CharacterAutomaton {
        if case .bare = notation { return .everything }
        return allowed
    }

    // MARK: Values by their kind

    mutating func parts(for way: SchemaConjunct) throws(ConstraintError) -> [Int] {
        var parts: [Int] = []
        if way.kinds.contains(.object) { parts.append(try object(way)) }
        if way.kinds.contains(.array) { parts.append(try array(way)) }
        return parts + (try leaves(for: way))
    }

    /// Those of them that have neither members nor elements.
    private mutating func leaves(for way: SchemaConjunct) throws(ConstraintError) -> [Int] {
        let kinds = way.kinds.subtracting([.object, .array])
        var leaf = Leaf(style: style, kinds: kinds, numbers: NumberRules(), text: SchemaConjunct.TextRules())
        if kinds.contains(.number) { leaf.numbers = way.numbers }
        if kinds.contains(.string) { leaf.text = way.text }
        if let known = leaves[leaf] { return known }
        var parts: [Int] = []
        if way.kinds.contains(.string) { parts.append(try string(way.text)) }
        if way.kinds.contains(.number) {
            parts.append(grammar.raw(try solver.automaton(of: way.numbers)))
        }
        if way.kinds.contains(.boolean) { parts += [flag(true), flag(false)] }
        if way.kinds.contains(.null) { parts.append(null) }
        leaves[leaf] = parts
        return parts
    }

    private mutating func string(_ rules: SchemaConjunct.TextRules) throws(ConstraintError) -> Int {
        let automaton = try solver.automaton(of: rules)
        guard automaton.isEverything else { return try text(automaton) }
        return try text(automaton, least: rules.least, most: rules.most)
    }

    private mutating func array(_ way: SchemaConjunct) throws(ConstraintError) -> Int {
        if let path = way.uniqueAt, way.mostElements ?? .max > 1 { return try set(way, at: path) }
        var plan = ArrayPlan(least: way.leastElements, most: way.mostElements)
        for place in 0..<way.prefixCount { plan.prefix.append(try value(of: way.element(at: place))) }
        let element = way.element(at: .max)
        plan.rest = try value(of: element)
        guard let contained = way.contained.first else { return grammar.add(.array(plan)) }
        guard way.contained.count == 1, plan.prefix.isEmpty, way.uniqueAt == nil else {
            throw .unsupported("contains", at: "", "is only supported once, and for arrays of one kind")
        }
        plan.contained = try value(of: Set(element + [contained]).sorted())
        return grammar.add(.array(plan))
    }

    /// An array whose elements differ: each is one of some values, and has a place of its own like the
    /// member of an object.
    private mutating func set(_ way: SchemaConjunct, at path: String) throws(ConstraintError) -> Int {
        guard way.prefixCount == 0, way.contained.isEmpty,
            let values = try solver.listed(way.element(at: .max))
        else {
            throw .unsupported(
                "uniqueItems",
                at: path,
                "is only supported where the elements are listed by \"enum\", or \"maxItems\" is 1"
            )
        }
        let none = grammar.bytes("")
        var marks = grammar.braces
        (marks.open, marks.assign, marks.close) = (grammar.bytes("["), none, grammar.bytes("]"))
        var plan = ObjectPlan(marks: marks, least: way.leastElements, most: way.mostElements)
        for value in values {
            plan.slots.append(ObjectPlan.Slot(key: try literal(value), value: none, isRequired: false))
        }
        return grammar.add(.object(plan))
    }
}

extension ScalarSet {
    /// Control characters that are no white space.
    static let controls = ScalarSet([0...8, 0x0B...0x0C, 0x0E...0x1F])
}

extension String {
    /// Whether a name stands without quotes wherever names do.
    var isIdentifier: Bool {
        guard let first = unicodeScalars.first, !("0"..."9").contains(first), utf8.count < 256 else {
            return false
        }
        return unicodeScalars.allSatisfy { scalar in
            ScalarSet.word.ranges.contains { $0.contains(scalar.value) }
        }
    }
}
