/// Reads one bracketed set of an Oniguruma pattern, with unions and intersections, and rewrites it for PCRE2.
struct CharacterClass {
    let pattern: [UInt8]
    /// Behind the opening bracket at first, behind the closing one at last.
    var place: Int

    /// Whether the set has a `\W`, which PCRE2 cannot say between brackets.
    private var hasNonWord = false

    init(pattern: [UInt8], place: Int) {
        self.pattern = pattern
        self.place = place
    }

    /// Nested brackets are followed this deep.
    private static let depthLimit = 16

    /// A set: what PCRE2 writes between its brackets, or an atom of look-aheads where brackets cannot say it.
    struct Translation {
        /// nil when the set is an intersection.
        var members: [UInt8]?
        var isNegated: Bool
        var atom: [UInt8]
    }

    mutating func read(depth: Int) throws(TokenizerError) -> Translation {
        guard depth < Self.depthLimit else { throw TokenizerError("nests more than \(Self.depthLimit) sets") }
        var isNegated = false
        if next == UInt8(ascii: "^") {
            isNegated = true
            place += 1
        }
        var operands: [[UInt8]] = []
        var members: [UInt8] = []
        var nested: [UInt8]?
        if next == UInt8(ascii: "]") {
            members += Array(#"\]"#.utf8)
            place += 1
        }
        while let byte = next {
            switch byte {
            case UInt8(ascii: "]"):
                place += 1
                if hasNonWord { return try withNonWord(operands, nested, members, isNegated) }
                operands.append(try operand(members, nested))
                return translation(
                    operands,
                    isPlain: operands.count == 1 && nested == nil,
                    members,
                    isNegated
                )
            case UInt8(ascii: "&") where peek(1) == UInt8(ascii: "&"):
                place += 2
                operands.append(try operand(members, nested))
                members = []
                nested = nil
            case UInt8(ascii: "["):
                if let named = try readNamedSet() {
                    members += named
                    continue
                }
                place += 1
                var nestedSet = CharacterClass(pattern: pattern, place: place)
                let inner = try nestedSet.read(depth: depth + 1)
                place = nestedSet.place
                if let more = inner.members, !inner.isNegated { members += more } else { nested = inner.atom }
            case UInt8(ascii: "\\"): members += try readEscapeInSet()
            default:
                members.append(byte)
                place += 1
            }
        }
        throw TokenizerError("has a set without an end")
    }

    /// An escape that means the same inside and outside of a set.
    mutating func readEscape() throws(TokenizerError) -> [UInt8] {
        guard let kind = peek(1) else { throw TokenizerError("ends in a backslash") }
        switch kind {
        case UInt8(ascii: "s"): return replacing(2, OnigurumaPattern.space)
        case UInt8(ascii: "S"): return replacing(2, #"\P{White_Space}"#)
        case UInt8(ascii: "d"): return replacing(2, #"\p{Nd}"#)
        case UInt8(ascii: "D"): return replacing(2, #"\P{Nd}"#)
        case UInt8(ascii: "u"):
            guard place + 6 <= pattern.count else { throw TokenizerError(#"has a \u without four digits"#) }
            let digits = pattern[place + 2..<place + 6]
            guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else {
                throw TokenizerError(#"has a \u without four digits"#)
            }
            place += 6
            return Array(#"\x{"#.utf8) + digits + Array("}".utf8)
        case UInt8(ascii: "p") where peek(2) == UInt8(ascii: "{"),
            UInt8(ascii: "P") where peek(2) == UInt8(ascii: "{"):
            return try readProperty(kind)
        default:
            let start = place
            place += 2
            while let trail = next, kind >= 0x80, trail & 0xC0 == 0x80 { place += 1 }
            return Array(pattern[start..<place])
        }
    }

    private var next: UInt8? { place < pattern.count ? pattern[place] : nil }

    private func peek(_ offset: Int) -> UInt8? {
        place + offset < pattern.count ? pattern[place + offset] : nil
    }

    private mutating func replacing(_ count: Int, _ text: String) -> [UInt8] {
        place += count
        return Array(text.utf8)
    }

    private func operand(_ members: [UInt8], _ nested: [UInt8]?) throws(TokenizerError) -> [UInt8] {
        guard let nested else { return Array("[".utf8) + members + Array("]".utf8) }
        guard members.isEmpty else {
            throw TokenizerError("joins a set with a negated set, which is not supported")
        }
        return nested
    }

    private func translation(
        _ operands: [[UInt8]],
        isPlain: Bool,
        _ members: [UInt8],
        _ isNegated: Bool
    ) -> Translation {
        if isPlain {
            let atom = Array((isNegated ? "[^" : "[").utf8) + members + Array("]".utf8)
            return Translation(members: members, isNegated: isNegated, atom: atom)
        }
        var atom = Array("(?:".utf8)
        for operand in operands.dropFirst() { atom += Array("(?=".utf8) + operand + Array(")".utf8) }
        atom += (operands.first ?? []) + Array(")".utf8)
        if isNegated { atom = Array("(?:(?!".utf8) + atom + Array(")(?s:.))".utf8) }
        return Translation(members: nil, isNegated: isNegated, atom: atom)
    }

    /// A set that has `\W`: either that or one of the others; or, negated, a `\w` that is none of the others.
    private func withNonWord(
        _ operands: [[UInt8]],
        _ nested: [UInt8]?,
        _ members: [UInt8],
        _ isNegated: Bool
    ) throws(TokenizerError) -> Translation {
        guard operands.isEmpty, nested == nil else {
            throw TokenizerError(#"has \W in a set made of others, which is not supported"#)
        }
        let word = "[\(OnigurumaPattern.word)]"
        let others = members.isEmpty ? Array("(?!)".utf8) : Array("[".utf8) + members + Array("]".utf8)
        var atom = Array((isNegated ? "(?:(?!" : "(?:").utf8) + others
        atom += Array((isNegated ? ")\(word))" : "|[^\(OnigurumaPattern.word)])").utf8)
        return Translation(members: nil, isNegated: isNegated, atom: atom)
    }

    private mutating func readEscapeInSet() throws(TokenizerError) -> [UInt8] {
        switch peek(1) {
        case UInt8(ascii: "w"): return replacing(2, OnigurumaPattern.word)
        case UInt8(ascii: "h"): return replacing(2, OnigurumaPattern.hexDigits)
        case UInt8(ascii: "W"):
            hasNonWord = true
            return replacing(2, "")
        case UInt8(ascii: "H"): throw TokenizerError(#"has \H inside a set, which is not supported"#)
        default: return try readEscape()
        }
    }

    private mutating func readProperty(_ kind: UInt8) throws(TokenizerError) -> [UInt8] {
        guard let end = pattern[place...].firstIndex(of: UInt8(ascii: "}")) else {
            throw TokenizerError("has a property without an end")
        }
        var name = Array(pattern[place + 3..<end])
        place = end + 1
        var isNegated = kind == UInt8(ascii: "P")
        if name.first == UInt8(ascii: "^") {
            name.removeFirst()
            isNegated.toggle()
        }
        let open = Array((isNegated ? #"\P{"# : #"\p{"#).utf8)
        let script = Array("sc:".utf8) + name
        // A script by itself would mean the script extensions.
        let isScript =
            name.count > 2 && RegularExpression.accepts(Array(#"\p{"#.utf8) + script + Array("}".utf8))
        return open + (isScript ? script : Self.categories[name] ?? name) + Array("}".utf8)
    }

    private static let categories: [[UInt8]: [UInt8]] = {
        let names = [
            "Letter": "L", "Mark": "M", "Number": "N", "Punctuation": "P", "Punct": "P", "Symbol": "S",
            "Separator": "Z", "Other": "C", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
            "Decimal_Number": "Nd", "Space": "White_Space", "Alpha": "Alphabetic", "Digit": "Nd",
        ]
        return Dictionary(uniqueKeysWithValues: names.map { (Array($0.utf8), Array($1.utf8)) })
    }()

    /// A set such as `[:alpha:]`.
    private mutating func readNamedSet() throws(TokenizerError) -> [UInt8]? {
        guard peek(1) == UInt8(ascii: ":") else { return nil }
        let rest = pattern[(place + 2)...]
        guard let end = rest.firstIndex(of: UInt8(ascii: ":")), end + 1 < pattern.count,
            pattern[end + 1] == UInt8(ascii: "]")
        else { return nil }
        let name = String(decoding: pattern[place + 2..<end], as: UTF8.self)
        guard let members = Self.namedSets[name] else {
            throw TokenizerError("has the unknown set [:\(name):]")
        }
        place = end + 2
        return Array(members.utf8)
    }

    private static let namedSets = [
        "alpha": #"\p{Alphabetic}"#, "digit": #"\p{Nd}"#, "alnum": #"\p{Alphabetic}\p{Nd}"#,
        "upper": #"\p{Uppercase}"#, "lower": #"\p{Lowercase}"#, "space": OnigurumaPattern.space,
        "xdigit": OnigurumaPattern.hexDigits, "word": OnigurumaPattern.word, "punct": #"\p{P}\p{S}"#,
        "cntrl": #"\p{Cc}"#,
    ]
}
