public import Contract
public import JSON

/// What a text is put together of, for whoever knows more about it than one constraint says: markers, free
/// stretches, calls of tools.
///
/// Bytes 0xFE and 0xFF, which no UTF-8 holds, stand for whatever the vocabulary's signs are spelled with.
public indirect enum Outline: Hashable, Sendable {
    /// These bytes.
    case bytes([UInt8])
    /// Any bytes but 0xFE and 0xFF, as long as they hold none of these and do not begin as a regex says.
    case free(besides: [[UInt8]], notBeginning: String? = nil)
    /// What a regex matches as a whole.
    case pattern(String)
    case like(OutputConstraint)
    /// An object that satisfies a JSON Schema.
    case arguments(JSONValue, ArgumentNotation)
    /// A way to call a tool; each tool needs one that can be written.
    case call(of: String, Outline)
    case sequence([Outline])
    case choice([Outline])
    /// At least once; the part is never empty.
    case repeated(Outline)
    /// A rule of the same `OutlineRules`.
    case rule(Int)

    public static let nothing = Outline.choice([])
    public static let empty = Outline.bytes([])

    public static func text(_ text: String) -> Outline { .bytes(Array(text.utf8)) }

    public static func optional(_ outline: Outline) -> Outline { .choice([outline, .empty]) }
}

/// Outlines that refer to each other; the first one is the whole text.
public struct OutlineRules: Hashable, Sendable {
    public var rules: [Outline]

    public init(_ rules: [Outline]) { self.rules = rules }
}

/// How a value is written.
public enum ValueNotation: Hashable, Sendable {
    case json
    /// Literals of Python.
    case python
    /// Keys without quotes, and strings between two signs, in which nothing is escaped.
    case bare(quote: [UInt8])
}

/// How the members of a call's arguments are written.
public enum ArgumentNotation: Hashable, Sendable {
    case object(ValueNotation)
    /// `a=1, b='x'`.
    case keywords
    case tagged(TagNotation)
}

/// Parameters between tags, whose values have no quotes.
public struct TagNotation: Hashable, Sendable {
    /// In front of a name, behind it, and in front of a value where that is a tag of its own.
    public var open: [UInt8]
    public var keyEnd: [UInt8]
    public var valueOpen: [UInt8]
    public var valueEnd: [UInt8]
    /// Line breaks around a value belong to the tags.
    public var hasValueLines: Bool
    /// What would end a value if it stood in it.
    public var enders: [String]
    /// By parameter: the kinds that its text is read as; none stand for strings alone.
    public var kinds: [String: ValueKinds]

    public init(
        open: [UInt8],
        keyEnd: [UInt8],
        valueOpen: [UInt8],
        valueEnd: [UInt8],
        hasValueLines: Bool = false,
        enders: [String] = [],
        kinds: [String: ValueKinds] = [:]
    ) {
        self.open = open
        self.keyEnd = keyEnd
        self.valueOpen = valueOpen
        self.valueEnd = valueEnd
        self.hasValueLines = hasValueLines
        self.enders = enders
        self.kinds = kinds
    }
}

/// Kinds of JSON values.
public struct ValueKinds: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let null = ValueKinds(rawValue: 1)
    public static let boolean = ValueKinds(rawValue: 2)
    public static let integer = ValueKinds(rawValue: 4)
    public static let number = ValueKinds(rawValue: 8)
    public static let string = ValueKinds(rawValue: 16)
    public static let array = ValueKinds(rawValue: 32)
    public static let object = ValueKinds(rawValue: 64)
}
