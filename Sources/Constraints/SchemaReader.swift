internal import JSON

/// Reads what one schema says for itself, without the schemas that it refers to or combines.
struct SchemaReader {
    private let schema: Int
    private let members: JSONObject
    private let path: String

    /// The rules of a schema's own keywords; the schemas inside get their numbers from `document`.
    static func read(
        _ schema: Int,
        _ members: JSONObject,
        _ document: inout SchemaDocument
    ) throws(ConstraintError) -> SchemaConjunct {
        let path = document.path(schema)
        let reader = SchemaReader(schema: schema, members: members, path: path)
        for keyword in members.keys
        where !SchemaKeywords.understood.contains(keyword) && !SchemaKeywords.isAnnotation(keyword) {
            throw .unsupported(keyword, at: path)
        }
        var rules = SchemaConjunct()
        try reader.readKinds(&rules)
        try reader.readValues(&rules)
        try reader.readNumbers(&rules)
        try reader.readText(&rules)
        try reader.readArray(&rules, &document)
        try reader.readObject(&rules, &document)
        return rules
    }

    private func wrong(_ keyword: String, _ why: String) -> ConstraintError {
        ConstraintError("\"\(keyword)\" \(why)", at: path, keyword: keyword)
    }

    // MARK: Kinds and values

    private func readKinds(_ rules: inout SchemaConjunct) throws(ConstraintError) {
        if let type = members["type"] {
            let names = type.arrayValue ?? [type]
            var kinds: SchemaConjunct.Kinds = []
            var isWhole = true
            for name in names {
                guard let text = name.stringValue, let kind = Self.kinds[text] else {
                    throw wrong("type", "must be a type's name, or a list of them; it holds \(name)")
                }
                kinds.insert(kind)
                if text == "number" { isWhole = false }
            }
            rules.kinds = kinds
            rules.numbers.isWhole = isWhole && kinds.contains(.number)
        }
        if members["nullable"]?.boolValue == true { rules.kinds.insert(.null) }
        guard let excluded = members["not"] else { return }
        try readExclusion(excluded, &rules)
    }

    private static let kinds: [String: SchemaConjunct.Kinds] = [
        "null": .null, "boolean": .boolean, "number": .number, "integer": .number, "string": .string,
        "array": .array, "object": .object,
    ]

    /// `not` of nothing, of everything, and of types.
    private func readExclusion(
        _ excluded: JSONValue,
        _ rules: inout SchemaConjunct
    ) throws(ConstraintError) {
        if excluded.boolValue == false { return }
        if excluded.boolValue == true || excluded.objectValue?.count == 0 {
            rules.kinds = []
            return
        }
        guard let object = excluded.objectValue, object.count == 1, let type = object["type"] else {
            throw .unsupported("not", at: path, "is only supported with a type")
        }
        for name in type.arrayValue ?? [type] {
            guard let text = name.stringValue, let kind = Self.kinds[text], text != "integer" else {
                throw .unsupported("not", at: path, "is not supported with this type")
            }
            rules.kinds.remove(kind)
        }
    }

    private func readValues(_ rules: inout SchemaConjunct) throws(ConstraintError) {
        if let constant = members["const"] { rules.values = [constant] }
        guard let listed = members["enum"] else { return }
        guard let values = listed.arrayValue else { throw wrong("enum", "must be a list") }
        rules.values = SchemaConjunct.common(rules.values, values)
    }

    // MARK: Numbers and texts

    private func readNumbers(_ rules: inout SchemaConjunct) throws(ConstraintError) {
        var exclusive = (low: false, high: false)
        // Drafts up to 4 say whether `minimum` is exclusive; later ones say which number is.
        if let flag = members["exclusiveMinimum"]?.boolValue {
            exclusive.low = flag
        } else if let bound = try decimal("exclusiveMinimum") {
            rules.numbers.raiseLowest(to: NumberRules.Bound(value: bound, isExclusive: true))
        }
        if let flag = members["exclusiveMaximum"]?.boolValue {
            exclusive.high = flag
        } else if let bound = try decimal("exclusiveMaximum") {
            rules.numbers.lowerHighest(to: NumberRules.Bound(value: bound, isExclusive: true))
        }
        if let bound = try decimal("minimum") {
            rules.numbers.raiseLowest(to: NumberRules.Bound(value: bound, isExclusive: exclusive.low))
        }
        if let bound = try decimal("maximum") {
            rules.numbers.lowerHighest(to: NumberRules.Bound(value: bound, isExclusive: exclusive.high))
        }
        guard let step = try decimal("multipleOf") else { return }
        let places = step.fraction.count
        guard !step.isNegative, !step.isZero, places <= 15, let value = step.scaled(by: places),
            value <= 1 << 20
        else {
            throw .unsupported("multipleOf", at: path, "is not supported with this value")
        }
        rules.numbers.steps = [NumberRules.Step(value: value, places: places)]
    }

    private func decimal(_ keyword: String) throws(ConstraintError) -> Decimal? {
        guard let value = members[keyword] else { return nil }
        guard let decimal = Decimal(value) else { throw wrong(keyword, "must be a number") }
        return decimal
    }

    private func readText(_ rules: inout SchemaConjunct) throws(ConstraintError) {
        rules.text.least = try count("minLength") ?? 0
        rules.text.most = try count("maxLength")
        if let value = members["pattern"] {
            guard let pattern = value.stringValue else { throw wrong("pattern", "must be a string") }
            rules.text.patterns = [pattern]
        }
        guard let value = members["format"] else { return }
        guard let format = value.stringValue else { throw wrong("format", "must be a string") }
        guard rules.kinds.contains(.string), !StringFormat.annotations.contains(format) else { return }
        guard StringFormat.patterns[format] != nil else {
            throw .unsupported("format", at: path, "\"\(format)\" is not supported")
        }
        rules.text.formats = [format]
    }

    private func count(_ keyword: String) throws(ConstraintError) -> Int? {
        guard let value = members[keyword] else { return nil }
        guard let count = value.integerValue, count >= 0 else {
            throw wrong(keyword, "must be a whole number from 0 up")
        }
        return Int(count)
    }

    // MARK: Arrays and objects

    private func inner(
        _ keyword: String,
        _ document: inout SchemaDocument
    ) throws(ConstraintError) -> Int? {
        guard let value = members[keyword] else { return nil }
        guard value.boolValue != nil || value.objectValue != nil else {
            throw wrong(keyword, "must be a schema")
        }
        // `true` and `{}` let everything through.
        if value.boolValue == true || value.objectValue?.count == 0 { return nil }
        return document.number(of: value, at: "\(path)/\(keyword)")
    }

    private func readArray(
        _ rules: inout SchemaConjunct,
        _ document: inout SchemaDocument
    ) throws(ConstraintError) {
        rules.leastElements = try count("minItems") ?? 0
        rules.mostElements = try count("maxItems")
        if members["uniqueItems"]?.boolValue == true { rules.uniqueAt = path }
        var layer = SchemaConjunct.ArrayLayer(schema: schema)
        // Drafts up to 2019 say the same with other words.
        let isListed = members["items"]?.arrayValue != nil
        let keyword = isListed ? "items" : "prefixItems"
        if isListed, members["prefixItems"] != nil {
            throw .unsupported("items", at: path, "is not supported as a list beside \"prefixItems\"")
        }
        if let value = members[keyword] {
            guard let prefix = value.arrayValue else { throw wrong(keyword, "must be a list") }
            for (index, element) in prefix.enumerated() {
                layer.prefix.append(document.number(of: element, at: "\(path)/\(keyword)/\(index)"))
            }
        }
        layer.rest = try inner(isListed ? "additionalItems" : "items", &document)
        if !layer.prefix.isEmpty || layer.rest != nil { rules.arrayLayers = [layer] }
        try readContained(&rules, &document)
    }

    private func readContained(
        _ rules: inout SchemaConjunct,
        _ document: inout SchemaDocument
    ) throws(ConstraintError) {
        guard let value = members["contains"] else { return }
        let least = try count("minContains") ?? 1
        guard least > 0 else { return }
        guard least == 1 else {
            throw .unsupported("minContains", at: path, "is only supported with 0 and 1")
        }
        guard rules.arrayLayers.allSatisfy(\.prefix.isEmpty), rules.uniqueAt == nil else {
            throw .unsupported(
                "contains",
                at: path,
                "is not supported beside \"prefixItems\" and \"uniqueItems\""
            )
        }
        // A schema that lets everything through asks for any element.
        rules.leastElements = max(rules.leastElements, 1)
        let schema = try inner("contains", &document)
        if value.boolValue != true, let schema { rules.contained = [schema] }
    }

    private func readObject(
        _ rules: inout SchemaConjunct,
        _ document: inout SchemaDocument
    ) throws(ConstraintError) {
        rules.leastMembers = try count("minProperties") ?? 0
        rules.mostMembers = try count("maxProperties")
        if let value = members["required"] {
            let names = value.arrayValue?.compactMap(\.stringValue)
            guard let names, names.count == value.arrayValue?.count else {
                throw wrong("required", "must be a list of names")
            }
            rules.required = names
        }
        if let names = try inner("propertyNames", &document) { rules.nameSchemas = [names] }
        var layer = SchemaConjunct.ObjectLayer(schema: schema)
        for (name, value) in try schemas("properties") {
            layer.places[name] = layer.properties.count
            let place = "\(path)/properties/\(SchemaDocument.encoded(name))"
            layer.properties.append((name, document.number(of: value, at: place)))
        }
        for (pattern, value) in try schemas("patternProperties") {
            let place = "\(path)/patternProperties/\(SchemaDocument.encoded(pattern))"
            layer.patterns.append((pattern, document.number(of: value, at: place)))
        }
        layer.rest = try inner("additionalProperties", &document)
        if !layer.properties.isEmpty || !layer.patterns.isEmpty || layer.rest != nil {
            rules.objectLayers = [layer]
        }
    }

    private func schemas(_ keyword: String) throws(ConstraintError) -> JSONObject {
        guard let value = members[keyword] else { return [:] }
        guard let object = value.objectValue else { throw wrong(keyword, "must be an object of schemas") }
        return object
    }
}
