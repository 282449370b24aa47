internal import JSON

/// Turns a JSON Schema into a grammar of the texts that satisfy it.
///
/// What the grammar lets through always satisfies the schema. What it leaves out, besides other orders of
/// members and other white space, are other ways to write a number (`1.0` for a whole one) and texts that no
/// reader would take (half a surrogate pair).
struct SchemaCompiler {
    private var solver: SchemaSolver
    private var grammar: Grammar
    private var rules: [[Int]: Int] = [:]
    private var waiting: [(rule: Int, schemas: [Int])] = []

    static func grammar(
        of schema: JSONValue,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> Grammar {
        let grammar = try Grammar(&budget)
        var compiler = SchemaCompiler(solver: SchemaSolver(schema, budget), grammar: grammar)
        compiler.grammar.root = try compiler.rule(for: [0])
        while let (rule, schemas) = compiler.waiting.popLast() {
            let part = try compiler.part(for: schemas)
            compiler.grammar.rules[rule] = part
        }
        budget = compiler.solver.budget
        return compiler.grammar
    }

    private init(solver: SchemaSolver, grammar: Grammar) {
        self.solver = solver
        self.grammar = grammar
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
        waiting.append((rule, schemas))
        return rule
    }

    private mutating func value(of schemas: [Int]) throws(ConstraintError) -> Int {
        let rule = try rule(for: schemas)
        return grammar.add(.rule(rule))
    }

    private mutating func part(for schemas: [Int]) throws(ConstraintError) -> Int {
        var parts: [Int] = []
        var values: [JSONValue] = []
        for way in try solver.ways(schemas) {
            guard let listed = way.values else {
                parts += try self.parts(for: way)
                continue
            }
            for value in listed where try solver.satisfies(value, way) { values.append(value) }
        }
        parts += try literals(values)
        return grammar.add(parts.isEmpty ? .nothing : .choice(parts))
    }

    // MARK: Values that are listed

    private mutating func literals(_ values: [JSONValue]) throws(ConstraintError) -> [Int] {
        var parts: [Int] = []
        let texts = values.compactMap(\.stringValue)
        if !texts.isEmpty {
            // All in one, so that a thousand of them are still one thread.
            parts.append(grammar.quoted(try CharacterAutomaton.texts(texts, &solver.budget)))
        }
        for value in values where value.stringValue == nil { parts.append(try literal(value)) }
        return parts
    }

    /// Documents are nested no deeper than their reader lets them.
    private mutating func literal(_ value: JSONValue) throws(ConstraintError) -> Int {
        try solver.budget.spend(8)
        switch value {
        case .null: return grammar.bytes("null")
        case .bool(let flag): return grammar.bytes(flag ? "true" : "false")
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
            var plan = ObjectPlan()
            for (name, element) in object {
                let key = try self.key(name)
                plan.slots.append(ObjectPlan.Slot(key: key, value: try literal(element), isRequired: true))
            }
            return grammar.add(.object(plan))
        }
    }

    private mutating func key(_ name: String) throws(ConstraintError) -> Int {
        grammar.quoted(try CharacterAutomaton.texts([name], &solver.budget))
    }

    // MARK: Values by their kind

    private mutating func parts(for way: SchemaConjunct) throws(ConstraintError) -> [Int] {
        var parts: [Int] = []
        if way.kinds.contains(.object) { parts.append(try object(way)) }
        if way.kinds.contains(.array) { parts.append(try array(way)) }
        if way.kinds.contains(.string) { parts.append(try string(way.text)) }
        if way.kinds.contains(.number) {
            parts.append(grammar.raw(try solver.automaton(of: way.numbers)))
        }
        if way.kinds.contains(.boolean) { parts += [grammar.bytes("true"), grammar.bytes("false")] }
        if way.kinds.contains(.null) { parts.append(grammar.bytes("null")) }
        return parts
    }

    private mutating func string(_ rules: SchemaConjunct.TextRules) throws(ConstraintError) -> Int {
        let automaton = try solver.automaton(of: rules)
        guard automaton.isEverything else { return grammar.quoted(automaton) }
        return grammar.quoted(automaton, least: rules.least, most: rules.most)
    }

    private mutating func array(_ way: SchemaConjunct) throws(ConstraintError) -> Int {
        var plan = ArrayPlan(least: way.leastElements, most: way.mostElements)
        for place in 0..<way.prefixCount { plan.prefix.append(try value(of: way.element(at: place))) }
        plan.rest = try value(of: way.element(at: .max))
        return grammar.add(.array(plan))
    }

    private mutating func object(_ way: SchemaConjunct) throws(ConstraintError) -> Int {
        var plan = ObjectPlan(least: way.leastMembers, most: way.mostMembers)
        let required = Set(way.required)
        let names = way.names
        for name in names {
            let schemas = try solver.member(name, of: way)
            plan.slots.append(
                ObjectPlan.Slot(
                    key: try key(name),
                    value: try value(of: schemas),
                    isRequired: required.contains(name)
                )
            )
        }
        plan.others = try others(way, besides: names)
        return grammar.add(.object(plan))
    }

    /// Members of other names, by which patterns their names match.
    private mutating func others(
        _ way: SchemaConjunct,
        besides names: [String]
    ) throws(ConstraintError) -> [ObjectPlan.Others] {
        let patterns = Set(way.objectLayers.flatMap { $0.patterns.map(\.pattern) }).sorted()
        guard patterns.count <= ConstraintLimits.keyPatterns else {
            throw .unsupported(
                "patternProperties",
                at: "",
                "is supported with \(ConstraintLimits.keyPatterns) patterns at most"
            )
        }
        var free: CharacterAutomaton?
        var others: [ObjectPlan.Others] = []
        for choice in 0..<1 << patterns.count {
            let matched = Set(patterns.indices.filter { choice >> $0 & 1 == 1 }.map { patterns[$0] })
            let schemas = way.schemas(ofOthersMatching: matched)
            guard !schemas.contains(where: { solver.document.value($0).boolValue == false }) else { continue }
            var keys: CharacterAutomaton
            if let free { keys = free } else { keys = try freeKeys(besides: names) }
            free = keys
            for pattern in patterns {
                let automaton = try solver.automaton(ofPattern: pattern)
                let part = matched.contains(pattern) ? automaton : try automaton.complement(&solver.budget)
                keys = try keys.intersection(part, &solver.budget)
            }
            others.append(ObjectPlan.Others(key: grammar.quoted(keys), value: try value(of: schemas)))
        }
        return others
    }

    /// Any name but some, and without the null character, which many readers do not take in a name.
    private mutating func freeKeys(besides names: [String]) throws(ConstraintError) -> CharacterAutomaton {
        let characters = Pattern.repeated(.one(ScalarSet("\0").inverted), least: 0, most: nil)
        let keys = try LooseAutomaton.automaton(of: characters, &solver.budget)
        guard !names.isEmpty else { return keys }
        let others = try CharacterAutomaton.texts(names, &solver.budget).complement(&solver.budget)
        return try keys.intersection(others, &solver.budget)
    }
}

extension SchemaConjunct {
    /// The schemas of members that have no place of their own and whose names match these patterns.
    fileprivate func schemas(ofOthersMatching matched: Set<String>) -> [Int] {
        var schemas: Set<Int> = []
        for layer in objectLayers {
            let named = layer.patterns.filter { matched.contains($0.pattern) }
            schemas.formUnion(named.map(\.schema))
            if named.isEmpty, let rest = layer.rest { schemas.insert(rest) }
        }
        return schemas.sorted()
    }
}
