internal import JSON

/// Works out the ways in which schemas can be satisfied: `allOf` and `$ref` merged, `anyOf` and `oneOf`
/// multiplied out.
struct SchemaSolver {
    var document: SchemaDocument
    var budget: StepBudget
    /// By the schemas that hold together.
    private var solved: [[Int]: [SchemaConjunct]] = [:]
    private var single: [Int: [SchemaConjunct]] = [:]
    private var book: AutomatonBook

    init(_ root: JSONValue, _ budget: StepBudget, _ book: AutomatonBook = AutomatonBook()) {
        document = SchemaDocument(root)
        self.budget = budget
        self.book = book
    }

    /// Goes on with another document; what was made for the former serves it too.
    mutating func begin(_ root: JSONValue) { self = SchemaSolver(root, budget, book) }

    /// The ways to satisfy all of some schemas at once; none where nothing does.
    mutating func ways(_ schemas: [Int]) throws(ConstraintError) -> [SchemaConjunct] {
        if let known = solved[schemas] { return known }
        var ways = [SchemaConjunct()]
        for schema in schemas { ways = try multiply(ways, by: try self.ways(schema, depth: 0), schema) }
        solved[schemas] = ways
        return ways
    }

    private mutating func ways(_ schema: Int, depth: Int) throws(ConstraintError) -> [SchemaConjunct] {
        let path = document.path(schema)
        guard depth < ConstraintLimits.depth else {
            throw ConstraintError("the schemas refer to each other without end", at: path, keyword: "$ref")
        }
        if let known = single[schema] { return known }
        try budget.spend(64)
        let value = document.value(schema)
        if let flag = value.boolValue { return flag ? [SchemaConjunct()] : [] }
        guard let members = value.objectValue else {
            throw ConstraintError("a schema must be an object, true or false", at: path)
        }
        var ways = [try SchemaReader.read(schema, members, &document)]
        if let value = members["$ref"] {
            guard let reference = value.stringValue else {
                throw ConstraintError("\"$ref\" must be a string", at: path, keyword: "$ref")
            }
            let target = try document.resolve(reference, at: path)
            ways = try multiply(ways, by: try self.ways(target, depth: depth + 1), schema)
        }
        for branch in try branches("allOf", of: members, path) {
            ways = try multiply(ways, by: try self.ways(branch, depth: depth + 1), schema)
        }
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            ways = try multiply(ways, byDependencies: keyword, of: members, schema, depth)
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches = try branches(keyword, of: members, path)
            guard !branches.isEmpty else { continue }
            var groups: [[SchemaConjunct]] = []
            for branch in branches {
                groups.append(try multiply(ways, by: try self.ways(branch, depth: depth + 1), schema))
            }
            if keyword == "oneOf" { try checkDisjoint(groups, path) }
            ways = groups.flatMap(\.self)
            try check(ways.count, schema)
        }
        single[schema] = ways
        return ways
    }

    /// What a member's presence asks for: either it is not there, or the rest holds too.
    private mutating func multiply(
        _ ways: [SchemaConjunct],
        byDependencies keyword: String,
        of members: JSONObject,
        _ schema: Int,
        _ depth: Int
    ) throws(ConstraintError) -> [SchemaConjunct] {
        guard let value = members[keyword] else { return ways }
        let path = document.path(schema)
        guard let dependencies = value.objectValue else {
            throw ConstraintError("\"\(keyword)\" must be an object", at: path, keyword: keyword)
        }
        var ways = ways
        for (name, demand) in dependencies {
            let place = "\(path)/\(keyword)/\(SchemaDocument.encoded(name))"
            var present = SchemaConjunct()
            present.kinds = .object
            present.required = [name]
            var others = [present]
            if let elements = demand.arrayValue, keyword != "dependentSchemas" {
                let names = elements.compactMap(\.stringValue)
                guard names.count == elements.count else {
                    throw ConstraintError("must be a list of names", at: place, keyword: keyword)
                }
                others[0].required += names.filter { $0 != name }
            } else if keyword != "dependentRequired" {
                let number = document.number(of: demand, at: place)
                others = try multiply(others, by: try self.ways(number, depth: depth + 1), schema)
            } else {
                throw ConstraintError("must be a list of names", at: place, keyword: keyword)
            }
            ways = try multiply(ways, by: [without(name, at: place)] + others, schema)
        }
        return ways
    }

    /// Objects without some member, and all that is no object.
    private mutating func without(_ name: String, at path: String) -> SchemaConjunct {
        let absent = document.number(of: .bool(false), at: "\(path)#absent")
        var layer = SchemaConjunct.ObjectLayer(schema: absent)
        layer.properties = [(name, absent)]
        layer.places = [name: 0]
        var way = SchemaConjunct()
        way.objectLayers = [layer]
        return way
    }

    private mutating func branches(
        _ keyword: String,
        of members: JSONObject,
        _ path: String
    ) throws(ConstraintError) -> [Int] {
        guard let value = members[keyword] else { return [] }
        guard let elements = value.arrayValue, !elements.isEmpty else {
            throw ConstraintError("\"\(keyword)\" must be a list of schemas", at: path, keyword: keyword)
        }
        return elements.enumerated().map { index, element in
            document.number(of: element, at: "\(path)/\(keyword)/\(index)")
        }
    }

    private mutating func multiply(
        _ left: [SchemaConjunct],
        by right: [SchemaConjunct],
        _ schema: Int
    ) throws(ConstraintError) -> [SchemaConjunct] {
        try check(left.count * right.count, schema)
        var ways: [SchemaConjunct] = []
        for mine in left {
            for theirs in right {
                try budget.spend(8 + mine.objectLayers.count + theirs.objectLayers.count)
                let both = mine.and(theirs)
                if !both.kinds.isEmpty, both.values?.isEmpty != true { ways.append(both) }
            }
        }
        return ways
    }

    private func check(_ count: Int, _ schema: Int) throws(ConstraintError) {
        guard count <= ConstraintLimits.alternatives else {
            throw ConstraintError(
                "there are more than \(ConstraintLimits.alternatives) ways to combine the alternatives",
                at: document.path(schema),
                keyword: "anyOf"
            )
        }
    }

    /// `oneOf` is `anyOf` where no value satisfies two branches.
    private mutating func checkDisjoint(
        _ groups: [[SchemaConjunct]],
        _ path: String
    ) throws(ConstraintError) {
        for (index, group) in groups.enumerated() {
            for other in groups[(index + 1)...] {
                for mine in group {
                    for theirs in other where try !isEmpty(mine.and(theirs), depth: 0) {
                        throw .unsupported(
                            "oneOf",
                            at: path,
                            "is only supported where one value cannot satisfy two branches; use \"anyOf\""
                        )
                    }
                }
            }
        }
    }

    // MARK: Emptiness

    /// Whether it is certain that nothing satisfies this.
    private mutating func isEmpty(_ way: SchemaConjunct, depth: Int) throws(ConstraintError) -> Bool {
        try budget.spend(16)
        if let values = way.values {
            return try satisfying(values, way).isEmpty
        }
        if !way.kinds.isDisjoint(with: [.null, .boolean]) { return false }
        if way.kinds.contains(.number), try !automaton(of: way.numbers).isEmpty { return false }
        if way.kinds.contains(.string), try !isEmpty(way.text) { return false }
        if way.kinds.contains(.array), try !hasNoArray(way, depth) { return false }
        if way.kinds.contains(.object), try !hasNoObject(way, depth) { return false }
        return true
    }

    private mutating func isEmpty(_ rules: SchemaConjunct.TextRules) throws(ConstraintError) -> Bool {
        if let most = rules.most, most < rules.least { return true }
        return try automaton(of: rules).isEmpty
    }

    private mutating func hasNoArray(_ way: SchemaConjunct, _ depth: Int) throws(ConstraintError) -> Bool {
        if let most = way.mostElements, most < way.leastElements { return true }
        for place in 0..<min(way.leastElements, way.prefixCount + 1)
        where try isEmpty(way.element(at: place), depth + 1) {
            return true
        }
        return false
    }

    private mutating func hasNoObject(_ way: SchemaConjunct, _ depth: Int) throws(ConstraintError) -> Bool {
        if let most = way.mostMembers, most < max(way.leastMembers, Set(way.required).count) { return true }
        for name in way.required where try isEmpty(try member(name, of: way), depth + 1) { return true }
        return false
    }

    private mutating func isEmpty(_ schemas: [Int], _ depth: Int) throws(ConstraintError) -> Bool {
        guard depth < 8, !schemas.isEmpty else { return false }
        for way in try ways(schemas) where try !isEmpty(way, depth: depth) { return false }
        return true
    }

    /// The schemas of a member.
    mutating func member(_ name: String, of way: SchemaConjunct) throws(ConstraintError) -> [Int] {
        var schemas: Set<Int> = []
        for names in way.nameSchemas where try !satisfies(.string(name), [names]) {
            return [document.number(of: .bool(false), at: "const:false")]
        }
        for layer in way.objectLayers {
            var isNamed = false
            if let place = layer.places[name] {
                schemas.insert(layer.properties[place].schema)
                isNamed = true
            }
            for entry in layer.patterns where try automaton(ofPattern: entry.pattern).accepts(name) {
                schemas.insert(entry.schema)
                isNamed = true
            }
            if !isNamed, let rest = layer.rest { schemas.insert(rest) }
        }
        return schemas.sorted()
    }

    // MARK: Values

    /// Those of the values that a way lists which satisfy all else that it says.
    mutating func satisfying(
        _ listed: [JSONValue],
        _ way: SchemaConjunct
    ) throws(ConstraintError) -> [JSONValue] {
        var rules = way
        rules.values = nil
        var values: [JSONValue] = []
        for value in listed where try satisfies(value, rules) { values.append(value) }
        return values
    }

    /// Whether a value of the schema document satisfies one way.
    mutating func satisfies(_ value: JSONValue, _ way: SchemaConjunct) throws(ConstraintError) -> Bool {
        try budget.spend(16)
        guard way.kinds.contains(value.kind) else { return false }
        if let values = way.values, !values.contains(where: { $0.isSame(value) }) { return false }
        switch value {
        case .null, .bool: return true
        case .integer, .number: return Decimal(value).map(way.numbers.admit) ?? false
        case .string(let text):
            let count = text.unicodeScalars.count
            guard count >= way.text.least, count <= way.text.most ?? .max else { return false }
            var rules = way.text
            (rules.least, rules.most) = (0, nil)
            return try automaton(of: rules).accepts(text)
        case .array(let elements):
            guard elements.count >= way.leastElements, elements.count <= way.mostElements ?? .max else {
                return false
            }
            for (place, element) in elements.enumerated()
            where try !satisfies(element, way.element(at: place)) {
                return false
            }
            for schema in way.contained {
                var isThere = false
                for element in elements where try satisfies(element, [schema]) { isThere = true }
                guard isThere else { return false }
            }
            guard way.uniqueAt != nil else { return true }
            try budget.spend(elements.count * elements.count)
            return elements.indices.allSatisfy { place in
                !elements[..<place].contains { $0.isSame(elements[place]) }
            }
        case .object(let object):
            guard object.count >= way.leastMembers, object.count <= way.mostMembers ?? .max,
                way.required.allSatisfy({ object[$0] != nil })
            else { return false }
            for (name, element) in object where try !satisfies(element, try member(name, of: way)) {
                return false
            }
            return true
        }
    }

    private mutating func satisfies(_ value: JSONValue, _ schemas: [Int]) throws(ConstraintError) -> Bool {
        for way in try ways(schemas) where try satisfies(value, way) { return true }
        return false
    }

    /// All values of some schemas, where they can be listed; nil where they cannot.
    mutating func listed(_ schemas: [Int]) throws(ConstraintError) -> [JSONValue]? {
        var all: [JSONValue] = []
        for way in try ways(schemas) {
            var values = way.values ?? []
            if way.values == nil {
                guard way.kinds.isDisjoint(with: [.number, .string, .array, .object]) else { return nil }
                if way.kinds.contains(.null) { values.append(.null) }
                if way.kinds.contains(.boolean) { values += [.bool(true), .bool(false)] }
            }
            for value in try satisfying(values, way) {
                try budget.spend(all.count)
                if !all.contains(where: { $0.isSame(value) }) { all.append(value) }
            }
        }
        return all
    }

    /// The names that satisfy all of some schemas.
    mutating func names(_ schemas: [Int]) throws(ConstraintError) -> CharacterAutomaton {
        let ways = try ways(schemas)
        guard ways.count == 1, let way = ways.first else {
            throw .unsupported("propertyNames", at: "", "is not supported with alternatives")
        }
        guard way.kinds.contains(.string) else { return .nothing }
        if let values = way.values {
            let texts = try satisfying(values, way).compactMap(\.stringValue)
            return try CharacterAutomaton.texts(texts, &budget)
        }
        let automaton = try automaton(of: way.text)
        guard automaton.isEverything else { return automaton }
        return try automaton.counted(least: way.text.least, most: way.text.most, &budget)
    }

    // MARK: Automata

    mutating func automaton(of rules: NumberRules) throws(ConstraintError) -> CharacterAutomaton {
        try book.automaton(of: rules, &budget)
    }

    /// The texts of some rules; without patterns their lengths are left to whoever reads them.
    mutating func automaton(
        of rules: SchemaConjunct.TextRules
    ) throws(ConstraintError) -> CharacterAutomaton {
        try book.automaton(of: rules, &budget)
    }

    /// The texts that a pattern matches somewhere.
    mutating func automaton(ofPattern pattern: String) throws(ConstraintError) -> CharacterAutomaton {
        try book.automaton(ofPattern: pattern, &budget)
    }

    /// The texts that a pattern matches as a whole.
    mutating func automaton(ofWhole pattern: String) throws(ConstraintError) -> CharacterAutomaton {
        try book.automaton(ofWhole: pattern, &budget)
    }

    /// Texts in which none of some others stands, and no character of a set.
    mutating func automaton(
        avoiding texts: [String],
        _ refused: ScalarSet
    ) throws(ConstraintError) -> CharacterAutomaton {
        try book.automaton(avoiding: texts, refused, &budget)
    }
}

extension JSONValue {
    var kind: SchemaConjunct.Kinds {
        switch self {
        case .null: .null
        case .bool: .boolean
        case .integer, .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }
}
