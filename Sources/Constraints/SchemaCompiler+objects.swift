internal import JSON

/// The members of objects: names that are listed, and those that patterns or nothing at all describe.
extension SchemaCompiler {
    mutating func object(_ way: SchemaConjunct) throws(ConstraintError) -> Int {
        var plan = ObjectPlan(marks: grammar.braces, least: way.leastMembers, most: way.mostMembers)
        let required = Set(way.required)
        let (named, others) = try members(of: way)
        for (name, schemas) in named {
            plan.slots.append(
                ObjectPlan.Slot(
                    key: try key(name),
                    value: try value(of: schemas),
                    isRequired: required.contains(name)
                )
            )
        }
        for (keys, schemas) in others {
            let key = try freeKey(keys)
            plan.others.append(ObjectPlan.Others(key: key, value: try value(of: schemas)))
        }
        return grammar.add(.object(plan))
    }

    /// A name that is not listed, in the notation.
    private mutating func freeKey(_ keys: CharacterAutomaton) throws(ConstraintError) -> Int {
        if case .bare = notation {
            return grammar.rawName(try keys.intersection(try identifiers(), &solver.budget))
        }
        let inside = try keys.intersection(allowed, &solver.budget)
        let double = grammar.quotedName(inside)
        guard notation == .python else { return double }
        return grammar.add(.choice([double, grammar.quotedName(inside, isSingle: true)]))
    }

    /// Names that need no quotes anywhere, and no longer than any reader takes them.
    mutating func identifiers() throws(ConstraintError) -> CharacterAutomaton {
        try solver.automaton(ofWhole: "[A-Za-z_][A-Za-z0-9_]{0,63}")
    }

    /// Members with names that can be listed, and all others; with the schemas of their values.
    mutating func members(
        of way: SchemaConjunct
    ) throws(ConstraintError) -> (
        named: [(name: String, schemas: [Int])], others: [(keys: CharacterAutomaton, schemas: [Int])]
    ) {
        var named: [(name: String, schemas: [Int])] = []
        var others: [(keys: CharacterAutomaton, schemas: [Int])] = []
        let names = way.names
        for name in names { named.append((name, try solver.member(name, of: way))) }
        for (keys, schemas) in try otherMembers(of: way, besides: names) {
            if let few = keys.texts(atMost: ConstraintLimits.listedNames) {
                named += few.map { ($0, schemas) }
            } else {
                others.append((keys, schemas))
            }
        }
        return (named, others)
    }

    /// Members of other names, by which patterns these match: their names, and the schemas of their values.
    private mutating func otherMembers(
        of way: SchemaConjunct,
        besides names: [String]
    ) throws(ConstraintError) -> [(keys: CharacterAutomaton, schemas: [Int])] {
        let patterns = Set(way.objectLayers.flatMap { $0.patterns.map(\.pattern) }).sorted()
        guard patterns.count <= ConstraintLimits.keyPatterns else {
            throw .unsupported(
                "patternProperties",
                at: "",
                "is supported with \(ConstraintLimits.keyPatterns) patterns at most"
            )
        }
        var free: CharacterAutomaton?
        var others: [(keys: CharacterAutomaton, schemas: [Int])] = []
        for choice in 0..<1 << patterns.count {
            let matched = Set(patterns.indices.filter { choice >> $0 & 1 == 1 }.map { patterns[$0] })
            let schemas = way.schemas(ofOthersMatching: matched)
            guard !schemas.contains(where: { solver.document.value($0).boolValue == false }) else { continue }
            var keys: CharacterAutomaton
            if let free { keys = free } else { keys = try freeKeys(besides: names) }
            free = keys
            if !way.nameSchemas.isEmpty {
                keys = try keys.intersection(try solver.names(way.nameSchemas), &solver.budget)
            }
            for pattern in patterns {
                let automaton = try solver.automaton(ofPattern: pattern)
                let part = matched.contains(pattern) ? automaton : try automaton.complement(&solver.budget)
                keys = try keys.intersection(part, &solver.budget)
            }
            others.append((keys, schemas))
        }
        return others
    }

    /// Any name but some, and without the null character, which many readers do not take in a name.
    private mutating func freeKeys(besides names: [String]) throws(ConstraintError) -> CharacterAutomaton {
        try CharacterAutomaton.anything(but: names, without: ScalarSet("\0"), &solver.budget)
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
