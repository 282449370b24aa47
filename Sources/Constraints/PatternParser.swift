/// Reads a regex in the syntax that ECMAScript, Python and PCRE have in common.
///
/// Lookaround, backreferences and whatever else is not regular is refused by name.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depthLeft = ConstraintLimits.depth

    static func parse(_ text: String) throws(ConstraintError) -> Pattern {
        var parser = PatternParser(scalars: Array(text.unicodeScalars))
        let pattern = try parser.choice()
        guard parser.place == parser.scalars.count else { throw parser.wrong("an unopened group is closed") }
        return pattern
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        place += 1
        return true
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[place...].starts(with: wanted) else { return false }
        place += wanted.count
        return true
    }

    private func wrong(_ message: String) -> ConstraintError {
        ConstraintError("\(message), at character \(place) of the regex")
    }

    private func unsupported(_ construct: String) -> ConstraintError {
        ConstraintError(
            "a \(construct) is not supported, at character \(place) of the regex",
            keyword: construct
        )
    }

    private mutating func choice() throws(ConstraintError) -> Pattern {
        guard depthLeft > 0 else { throw wrong("groups are nested too deep") }
        depthLeft -= 1
        defer { depthLeft += 1 }
        var branches = [try sequence()]
        while take("|" as Unicode.Scalar) { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(ConstraintError) -> Pattern {
        var parts: [Pattern] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let part = try atom()
            parts.append(try quantified(part))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func quantified(_ atom: Pattern) throws(ConstraintError) -> Pattern {
        var least = 1
        var most: Int? = 1
        switch next {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            guard let counts = braces() else { return atom }
            (least, most) = (counts.least, counts.most)
            place -= 1
        default: return atom
        }
        place += 1
        if atom == .start || atom == .end { throw wrong("an anchor cannot be repeated") }
        if let most, most < least { throw wrong("the counts of a repetition are out of order") }
        // A lazy quantifier matches the same texts.
        _ = take("?" as Unicode.Scalar)
        if next == "+" { throw unsupported("possessive quantifier") }
        if next == "*" || next == "?" { throw wrong("nothing is there to repeat") }
        return .repeated(atom, least: least, most: most)
    }

    /// The counts of `{n}`, `{n,}` or `{n,m}`, taken; nil where the brace is a character like others.
    private mutating func braces() -> (least: Int, most: Int?)? {
        let opened = place
        place += 1
        let least = number()
        var most = least
        if take("," as Unicode.Scalar) { most = number() }
        guard let least, take("}" as Unicode.Scalar) else {
            place = opened
            return nil
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            // Far above every limit is as good as the number itself.
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1 << 40)
            place += 1
        }
        return value
    }

    private mutating func atom() throws(ConstraintError) -> Pattern {
        guard let scalar = next else { return .empty }
        place += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .one(.noLineEnds)
        case "(": return try group()
        case "[": return .one(try bracket())
        case "\\": return try escape()
        case "*", "+", "?":
            place -= 1
            throw wrong("nothing is there to repeat")
        case "{":
            place -= 1
            if braces() != nil { throw wrong("nothing is there to repeat") }
            place += 1
            return .one(ScalarSet(scalar))
        default: return .one(ScalarSet(scalar))
        }
    }

    private mutating func group() throws(ConstraintError) -> Pattern {
        if take("?" as Unicode.Scalar) {
            if take("=") || take("!") { throw unsupported("lookahead") }
            if take("<=") || take("<!") { throw unsupported("lookbehind") }
            if take(">" as Unicode.Scalar) { throw unsupported("atomic group") }
            if take("P=") { throw unsupported("backreference") }
            if take("<") || take("P<") {
                while let scalar = next, scalar != ">" {
                    guard
                        scalar == "_" || scalar.properties.isAlphabetic
                            || scalar.properties.numericType != nil
                    else { throw wrong("the name of a group is broken") }
                    place += 1
                }
                guard take(">" as Unicode.Scalar) else { throw wrong("the name of a group is not closed") }
            } else if !take(":" as Unicode.Scalar) {
                throw unsupported("inline flag")
            }
        }
        let inside = try choice()
        guard take(")" as Unicode.Scalar) else { throw wrong("a group is not closed") }
        return inside
    }

    private mutating func escape() throws(ConstraintError) -> Pattern {
        switch next {
        case "b", "B": throw unsupported("word boundary")
        case "k": throw unsupported("backreference")
        case let digit? where ("1"..."9").contains(digit): throw unsupported("backreference")
        case "A":
            place += 1
            return .start
        case "Z", "z":
            place += 1
            return .end
        default: return .one(try escapedSet())
        }
    }

    /// The set behind a backslash, inside brackets or outside.
    private mutating func escapedSet() throws(ConstraintError) -> ScalarSet {
        guard let scalar = next else { throw wrong("the regex ends with a backslash") }
        place += 1
        switch scalar {
        case "d": return .digits
        case "D": return .noDigits
        case "w": return .word
        case "W": return .noWord
        case "s": return .space
        case "S": return .noSpace
        case "t": return ScalarSet("\t")
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "f": return ScalarSet("\u{0C}")
        case "v": return ScalarSet("\u{0B}")
        case "0": return ScalarSet("\0")
        case "x": return ScalarSet([try hexadecimal(2)])
        case "u": return ScalarSet([try unicodeEscape()])
        case "c":
            guard let letter = next, letter.isASCII, letter.properties.isAlphabetic else {
                throw wrong("\\c wants a letter")
            }
            place += 1
            return ScalarSet([(letter.value & 31)...(letter.value & 31)])
        case "p", "P": return try property(isInverted: scalar == "P")
        default:
            guard !scalar.isASCII || !(scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) else {
                throw unsupported("escape \\\(scalar)")
            }
            return ScalarSet(scalar)
        }
    }

    private mutating func unicodeEscape() throws(ConstraintError) -> ClosedRange<UInt32> {
        guard take("{" as Unicode.Scalar) else {
            let value = try hexadecimal(4).lowerBound
            guard (0xD800..<0xDC00).contains(value), take("\\u") else { return value...value }
            let low = try hexadecimal(4).lowerBound
            guard (0xDC00..<0xE000).contains(low) else { throw wrong("a surrogate is alone") }
            let joined = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            return joined...joined
        }
        var value: UInt32 = 0
        while let digit = next.flatMap({ UInt32(String($0), radix: 16) }) {
            value = min(value * 16 + digit, ScalarSet.last + 1)
            place += 1
        }
        guard take("}" as Unicode.Scalar), value <= ScalarSet.last else { throw wrong("a \\u{…} is broken") }
        return value...value
    }

    private mutating func hexadecimal(_ count: Int) throws(ConstraintError) -> ClosedRange<UInt32> {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = next.flatMap({ UInt32(String($0), radix: 16) }) else {
                throw wrong("a hexadecimal escape is broken")
            }
            value = value * 16 + digit
            place += 1
        }
        return value...value
    }

    private mutating func property(isInverted: Bool) throws(ConstraintError) -> ScalarSet {
        var name = ""
        if take("{" as Unicode.Scalar) {
            while let scalar = next, scalar != "}" {
                name.unicodeScalars.append(scalar)
                place += 1
            }
            guard take("}" as Unicode.Scalar) else { throw wrong("a \\p{…} is not closed") }
        } else if let scalar = next {
            name = String(scalar)
            place += 1
        }
        guard let set = ScalarSet.property(name) else { throw unsupported("property \\p{\(name)}") }
        return isInverted ? set.inverted : set
    }

    private mutating func bracket() throws(ConstraintError) -> ScalarSet {
        let isInverted = take("^" as Unicode.Scalar)
        var ranges: [ClosedRange<UInt32>] = []
        while true {
            guard let scalar = next else { throw wrong("a bracket is not closed") }
            if scalar == "]" { break }
            let low = try bracketMember()
            guard next == "-", place + 1 < scalars.count, scalars[place + 1] != "]" else {
                ranges += low.ranges
                continue
            }
            place += 1
            let high = try bracketMember()
            guard let from = low.single, let to = high.single else {
                // A class at one end of a dash: the dash is a character.
                ranges += low.ranges + high.ranges + ScalarSet("-").ranges
                continue
            }
            guard from <= to else { throw wrong("a range in brackets is out of order") }
            ranges.append(from...to)
        }
        place += 1
        let set = ScalarSet(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func bracketMember() throws(ConstraintError) -> ScalarSet {
        guard let scalar = next else { throw wrong("a bracket is not closed") }
        place += 1
        guard scalar == "\\" else { return ScalarSet(scalar) }
        if take("b" as Unicode.Scalar) { return ScalarSet("\u{08}") }
        return try escapedSet()
    }
}

extension ScalarSet {
    /// The only scalar of a set.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}
