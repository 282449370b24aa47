internal import JSON

/// The arguments of calls: one object, whose members a family may write in a way of its own.
extension SchemaCompiler {
    mutating func arguments(
        of schema: JSONValue,
        _ notation: ArgumentNotation
    ) throws(ConstraintError) -> Int {
        switch notation {
        case .object(let notation):
            try begin(schema, notation)
            return try alternatives { compiler, way throws(ConstraintError) in try compiler.parts(for: way) }
        case .keywords:
            try begin(schema, .python)
            return try alternatives { compiler, way throws(ConstraintError) in [try compiler.keywords(way)] }
        case .tagged(let tags):
            try begin(schema, .json, enders: tags.enders)
            return try alternatives { compiler, way throws(ConstraintError) in
                [try compiler.tagged(way, tags)]
            }
        }
    }

    /// All the ways in which an object satisfies the schema.
    private mutating func alternatives(
        _ parts: (inout SchemaCompiler, SchemaConjunct) throws(ConstraintError) -> [Int]
    ) throws(ConstraintError) -> Int {
        var all: [Int] = []
        var object = SchemaConjunct()
        object.kinds = .object
        for way in try solver.ways([0]) {
            let way = way.and(object)
            guard !way.kinds.isEmpty else { continue }
            guard let values = way.values else {
                all += try parts(&self, way)
                continue
            }
            // Each listed object is a schema of its own.
            for value in try solver.satisfying(values, way) {
                all += try parts(&self, SchemaConjunct(only: value, in: &solver.document))
            }
        }
        try writeRules()
        return grammar.add(all.isEmpty ? .nothing : .choice(all))
    }

    // MARK: Keywords

    private mutating func keywords(_ way: SchemaConjunct) throws(ConstraintError) -> Int {
        let none = grammar.bytes("")
        let comma = grammar.bytes(",")
        var marks = ObjectPlan.Marks(open: none, first: none, last: none, close: none)
        marks.between = grammar.add(.sequence([comma, grammar.space]))
        marks.assign = grammar.bytes("=")
        var plan = ObjectPlan(marks: marks, least: way.leastMembers, most: way.mostMembers)
        let required = Set(way.required)
        let (named, others) = try members(of: way)
        for (name, schemas) in named {
            plan.slots.append(
                ObjectPlan.Slot(
                    key: name.isIdentifier ? grammar.bytes(name) : grammar.add(.nothing),
                    value: try value(of: schemas),
                    isRequired: required.contains(name)
                )
            )
        }
        for (keys, schemas) in others {
            let key = grammar.rawName(try keys.intersection(try identifiers(), &solver.budget))
            plan.others.append(ObjectPlan.Others(key: key, value: try value(of: schemas)))
        }
        return grammar.add(.object(plan))
    }

    // MARK: Tags

    private mutating func tagged(
        _ way: SchemaConjunct,
        _ tags: TagNotation
    ) throws(ConstraintError) -> Int {
        let none = grammar.bytes("")
        let line = try lineBreak()
        let open = grammar.add(.bytes(tags.open))
        var marks = ObjectPlan.Marks(open: none, first: none, between: line, last: none, close: line)
        let keyEnd = grammar.add(.bytes(tags.keyEnd))
        let valueOpen = grammar.add(.bytes(tags.valueOpen))
        marks.assign =
            tags.valueOpen.isEmpty ? keyEnd : grammar.add(.sequence([keyEnd, line, valueOpen]))
        var plan = ObjectPlan(marks: marks, least: way.leastMembers, most: way.mostMembers)
        let required = Set(way.required)
        let (named, others) = try members(of: way)
        for (name, schemas) in named {
            let key = tags.canHold(name) ? grammar.bytes(name) : grammar.add(.nothing)
            plan.slots.append(
                ObjectPlan.Slot(
                    key: grammar.add(.sequence([open, key])),
                    value: try tagged(schemas, tags, tags.kinds[name] ?? []),
                    isRequired: required.contains(name)
                )
            )
        }
        for (keys, schemas) in others {
            let name = grammar.rawName(try keys.intersection(try identifiers(), &solver.budget))
            let key = grammar.add(.sequence([open, name]))
            plan.others.append(ObjectPlan.Others(key: key, value: try tagged(schemas, tags, [])))
        }
        return grammar.add(.object(plan))
    }

    private mutating func lineBreak() throws(ConstraintError) -> Int {
        grammar.raw(try solver.automaton(ofWhole: "\n?"))
    }

    /// A value between tags: what its text is read as has to satisfy the schemas.
    private mutating func tagged(
        _ schemas: [Int],
        _ tags: TagNotation,
        _ kinds: ValueKinds
    ) throws(ConstraintError) -> Int {
        var texts: [Int] = []
        for way in try solver.ways(schemas) {
            var way = way
            if let values = way.values {
                let kept = try solver.satisfying(values, way)
                let strings = kept.compactMap(\.stringValue)
                if !strings.isEmpty {
                    let automaton = try CharacterAutomaton.texts(strings, &budget)
                    texts.append(try bareText(automaton, kinds, tags))
                }
                texts += try literals(kept.filter { $0.stringValue == nil && kinds.holds($0) })
                continue
            }
            if way.kinds.contains(.string) { texts.append(try bareText(way.text, kinds, tags)) }
            way.kinds = way.kinds.subtracting(.string).intersection(kinds.readable)
            way.numbers.isWhole = way.numbers.isWhole || !kinds.contains(.number)
            texts += try parts(for: way)
        }
        let value = grammar.add(texts.isEmpty ? .nothing : .choice(texts))
        let end = grammar.add(.bytes(tags.valueEnd))
        let line = grammar.bytes(tags.hasValueLines ? "\n" : "")
        return grammar.add(.sequence([line, value, line, end]))
    }

    private mutating func bareText(
        _ rules: SchemaConjunct.TextRules,
        _ kinds: ValueKinds,
        _ tags: TagNotation
    ) throws(ConstraintError) -> Int {
        let name = BareText(rules: rules, kinds: kinds, enders: tags.enders)
        if let known = bareTexts[name] { return known }
        let part = try makeBareText(rules, kinds, tags)
        bareTexts[name] = part
        return part
    }

    private mutating func makeBareText(
        _ rules: SchemaConjunct.TextRules,
        _ kinds: ValueKinds,
        _ tags: TagNotation
    ) throws(ConstraintError) -> Int {
        let automaton = try solver.automaton(of: rules)
        guard automaton.isEverything else { return try bareText(automaton, kinds, tags) }
        guard kinds.isSubset(of: .string) else {
            let counted = try automaton.counted(least: rules.least, most: rules.most, &budget)
            return try bareText(counted, kinds, tags)
        }
        return grammar.raw(try writable(tags), least: rules.least, most: rules.most)
    }

    private mutating func bareText(
        _ automaton: CharacterAutomaton,
        _ kinds: ValueKinds,
        _ tags: TagNotation
    ) throws(ConstraintError) -> Int {
        var text = try automaton.intersection(try writable(tags), &budget)
        if let pattern = kinds.otherThanStrings {
            let others = try solver.automaton(ofWhole: pattern)
            text = try text.intersection(try others.complement(&budget), &budget)
        }
        return grammar.raw(text)
    }

    /// What can stand between tags.
    private mutating func writable(_ tags: TagNotation) throws(ConstraintError) -> CharacterAutomaton {
        try solver.automaton(avoiding: tags.enders, .controls)
    }
}

extension TagNotation {
    /// Whether a parameter's name comes back as it was written.
    fileprivate func canHold(_ name: String) -> Bool {
        let ends = [keyEnd, valueOpen, valueEnd].filter { !$0.isEmpty }.map {
            String(decoding: $0, as: UTF8.self)
        }
        guard let first = name.unicodeScalars.first, let last = name.unicodeScalars.last else { return false }
        return name.utf8.count <= 256 && !(ends + enders).contains(where: name.contains)
            && ![first, last].contains { $0.properties.isWhitespace } && !name.utf8.contains { $0 < 0x20 }
    }
}

extension ValueKinds {
    /// What texts of these kinds can be read as.
    fileprivate var readable: SchemaConjunct.Kinds {
        var kinds: SchemaConjunct.Kinds = []
        if contains(.null) { kinds.insert(.null) }
        if contains(.boolean) { kinds.insert(.boolean) }
        if !isDisjoint(with: [.integer, .number]) { kinds.insert(.number) }
        if contains(.array) { kinds.insert(.array) }
        if contains(.object) { kinds.insert(.object) }
        return kinds
    }

    fileprivate func holds(_ value: JSONValue) -> Bool {
        if case .number = value { return contains(.number) }
        return !readable.isDisjoint(with: value.kind)
    }

    /// The texts that are read as something else than a string; nil where none is.
    fileprivate var otherThanStrings: String? {
        var forms: [String] = []
        if !isDisjoint(with: [.null, .boolean]) { forms.append("(true|false|null|True|False|None)\\s*") }
        if !isDisjoint(with: [.integer, .number]) {
            forms.append("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?\\s*")
        }
        if !isDisjoint(with: [.array, .object]) { forms.append("[\\[{][\\s\\S]*") }
        return forms.isEmpty ? nil : "\\s*(\(forms.joined(separator: "|")))"
    }
}

extension SchemaConjunct {
    /// The schema of one object alone.
    fileprivate init(only value: JSONValue, in document: inout SchemaDocument) {
        self.init()
        kinds = .object
        let object = value.objectValue ?? [:]
        var layer = ObjectLayer(schema: -1)
        for (name, element) in object {
            layer.places[name] = layer.properties.count
            let schema = document.number(of: ["const": element], at: "const:\(value)/\(name)")
            layer.properties.append((name, schema))
        }
        layer.rest = document.number(of: .bool(false), at: "const:false")
        objectLayers = [layer]
        required = Array(object.keys)
    }
}
