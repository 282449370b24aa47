internal import JSON

/// One way to satisfy a schema: everything in it holds at once.
struct SchemaConjunct: Sendable {
    struct Kinds: OptionSet, Hashable, Sendable {
        let rawValue: UInt8
        static let null = Kinds(rawValue: 1)
        static let boolean = Kinds(rawValue: 2)
        static let number = Kinds(rawValue: 4)
        static let string = Kinds(rawValue: 8)
        static let array = Kinds(rawValue: 16)
        static let object = Kinds(rawValue: 32)
        static let all = Kinds(rawValue: 63)
    }

    /// What a text must be like.
    struct TextRules: Hashable, Sendable {
        var least = 0
        var most: Int?
        /// Regexes that the text must match somewhere, and formats as regexes of the whole.
        var patterns: Set<String> = []
        var formats: Set<String> = []
    }

    /// What one schema says about the elements of an array.
    struct ArrayLayer: Sendable {
        /// The schema that says it.
        var schema: Int
        var prefix: [Int] = []
        /// Nil lets everything through.
        var rest: Int?
    }

    /// What one schema says about the members of an object.
    struct ObjectLayer: Sendable {
        /// The schema that says it.
        var schema: Int
        var properties: [(name: String, schema: Int)] = []
        var patterns: [(pattern: String, schema: Int)] = []
        /// Nil lets everything through.
        var rest: Int?
        /// Property by name.
        var places: [String: Int] = [:]
    }

    var kinds = Kinds.all
    /// The only values there are; nil for no such list.
    var values: [JSONValue]?
    var numbers = NumberRules()
    var text = TextRules()
    var arrayLayers: [ArrayLayer] = []
    var leastElements = 0
    var mostElements: Int?
    /// Where it is said that no element comes twice; nil where they may.
    var uniqueAt: String?
    /// Schemas of which one element each has to satisfy.
    var contained: [Int] = []
    var objectLayers: [ObjectLayer] = []
    var required: [String] = []
    /// Schemas that all names have to satisfy.
    var nameSchemas: [Int] = []
    var leastMembers = 0
    var mostMembers: Int?

    /// What satisfies both.
    func and(_ other: SchemaConjunct) -> SchemaConjunct {
        var both = self
        both.kinds.formIntersection(other.kinds)
        if let theirs = other.values { both.values = Self.common(values, theirs) }
        both.numbers.narrow(by: other.numbers)
        both.text.least = max(text.least, other.text.least)
        both.text.most = Self.smaller(text.most, other.text.most)
        both.text.patterns.formUnion(other.text.patterns)
        both.text.formats.formUnion(other.text.formats)
        // What one schema says holds once, however often it is referred to.
        let arrays = Set(arrayLayers.map(\.schema))
        both.arrayLayers += other.arrayLayers.filter { !arrays.contains($0.schema) }
        both.leastElements = max(leastElements, other.leastElements)
        both.mostElements = Self.smaller(mostElements, other.mostElements)
        both.uniqueAt = uniqueAt ?? other.uniqueAt
        both.contained += other.contained.filter { !contained.contains($0) }
        both.nameSchemas += other.nameSchemas.filter { !nameSchemas.contains($0) }
        let objects = Set(objectLayers.map(\.schema))
        both.objectLayers += other.objectLayers.filter { !objects.contains($0.schema) }
        let known = Set(required)
        both.required += other.required.filter { !known.contains($0) }
        both.leastMembers = max(leastMembers, other.leastMembers)
        both.mostMembers = Self.smaller(mostMembers, other.mostMembers)
        return both
    }

    /// The values of two lists that are in both; nil stands for a list of all.
    static func common(_ left: [JSONValue]?, _ right: [JSONValue]) -> [JSONValue] {
        guard let left else { return right }
        var common: [JSONValue] = []
        for value in left where right.contains(where: { $0.isSame(value) }) { common.append(value) }
        return common
    }

    private static func smaller(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }

    // MARK: Elements and members

    /// The schemas of the element at a place.
    func element(at place: Int) -> [Int] {
        Set(arrayLayers.compactMap { place < $0.prefix.count ? $0.prefix[place] : $0.rest }).sorted()
    }

    var prefixCount: Int { arrayLayers.map(\.prefix.count).max() ?? 0 }

    /// Names with a place of their own: those of `properties` in their order, then others that are required.
    var names: [String] {
        var names: [String] = []
        var known: Set<String> = []
        for layer in objectLayers {
            for property in layer.properties where known.insert(property.name).inserted {
                names.append(property.name)
            }
        }
        for name in required where known.insert(name).inserted { names.append(name) }
        return names
    }
}

extension JSONValue {
    /// Whether two values are the same to a schema: 1 and 1.0 are.
    func isSame(_ other: JSONValue) -> Bool {
        if let number = numberValue { return number == other.numberValue }
        if let text = stringValue {
            // Swift's strings would also take composed for decomposed letters.
            return other.stringValue.map { text.utf8.elementsEqual($0.utf8) } ?? false
        }
        if let mine = arrayValue {
            guard let theirs = other.arrayValue, mine.count == theirs.count else { return false }
            return mine.indices.allSatisfy { mine[$0].isSame(theirs[$0]) }
        }
        guard let mine = objectValue else { return self == other }
        guard let theirs = other.objectValue, mine.count == theirs.count else { return false }
        for (key, value) in mine {
            guard let match = theirs[key], value.isSame(match) else { return false }
        }
        return true
    }
}
