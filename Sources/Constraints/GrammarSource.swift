/// A grammar as it is written: rules by name, in the notation of GBNF.
///
/// ```
/// root  ::= "yes" | "no" | list        # alternatives
/// list  ::= "[" item ("," item)* "]"   # groups, and * + ? {n} {n,} {n,m} behind them
/// item  ::= [a-z0-9]+ | [^\x00-\x1F]   # sets of characters; . is any
/// ```
struct GrammarSource {
    indirect enum Node {
        case pattern(Pattern)
        case rule(String)
        case sequence([Node])
        case choice([Node])
        case repeated(Node, least: Int, most: Int?)
    }

    private(set) var rules: [(name: String, node: Node)] = []
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depthLeft = ConstraintLimits.depth

    init(_ text: String) throws(ConstraintError) {
        scalars = Array(text.unicodeScalars)
        var known: Set<String> = []
        skipSpace(lines: true)
        while place < scalars.count {
            let name = takeName()
            guard !name.isEmpty else { throw wrong("a rule begins with its name") }
            skipSpace(lines: false)
            guard take("::=") else { throw wrong("\"::=\" is missing behind \(name)") }
            guard known.insert(name).inserted else { throw wrong("the rule \(name) is there twice") }
            rules.append((name, try choice(lines: false)))
            skipSpace(lines: true)
        }
        guard known.contains("root") else { throw ConstraintError("the grammar has no rule \"root\"") }
    }

    private func wrong(_ message: String) -> ConstraintError {
        let line = 1 + scalars[..<min(place, scalars.count)].count { $0 == "\n" }
        return ConstraintError("\(message), in line \(line) of the grammar")
    }

    // MARK: Characters

    private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[place...].starts(with: wanted) else { return false }
        place += wanted.count
        return true
    }

    private mutating func skipSpace(lines: Bool) {
        while let scalar = next {
            if scalar == "#" {
                while let scalar = next, scalar != "\n" { place += scalar == "\n" ? 0 : 1 }
            } else if scalar == " " || scalar == "\t" || (lines && (scalar == "\n" || scalar == "\r")) {
                place += 1
            } else {
                return
            }
        }
    }

    private mutating func takeName() -> String {
        var name = ""
        while let scalar = next, scalar.isASCII,
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_"
        {
            name.unicodeScalars.append(scalar)
            place += 1
        }
        return name
    }

    // MARK: Expressions

    /// Within parentheses, or behind a bar, an expression may go on in the next line.
    private mutating func choice(lines: Bool) throws(ConstraintError) -> Node {
        guard depthLeft > 0 else { throw wrong("groups are nested too deep") }
        depthLeft -= 1
        defer { depthLeft += 1 }
        skipSpace(lines: true)
        var branches = [try sequence(lines: lines)]
        while true {
            let before = place
            // The next line may begin with the bar.
            skipSpace(lines: true)
            guard take("|") else {
                place = before
                break
            }
            skipSpace(lines: true)
            branches.append(try sequence(lines: lines))
        }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence(lines: Bool) throws(ConstraintError) -> Node {
        var parts: [Node] = []
        while true {
            skipSpace(lines: lines)
            guard let part = try item() else { break }
            skipSpace(lines: lines)
            parts.append(try quantified(part))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func item() throws(ConstraintError) -> Node? {
        switch next {
        case "\"":
            place += 1
            return .pattern(.sequence(try characters(until: "\"").map { .one(ScalarSet($0...$0)) }))
        case "[":
            place += 1
            return .pattern(.one(try bracket()))
        case ".":
            place += 1
            return .pattern(.one(.all))
        case "(":
            place += 1
            let inside = try choice(lines: true)
            skipSpace(lines: true)
            guard take(")") else { throw wrong("a group is not closed") }
            return inside
        default:
            let before = place
            let name = takeName()
            guard !name.isEmpty else { return nil }
            let end = place
            skipSpace(lines: false)
            // The name of the next rule.
            if take("::=") {
                place = before
                return nil
            }
            place = end
            return .rule(name)
        }
    }

    private mutating func quantified(_ node: Node) throws(ConstraintError) -> Node {
        switch next {
        case "*":
            place += 1
            return .repeated(node, least: 0, most: nil)
        case "+":
            place += 1
            return .repeated(node, least: 1, most: nil)
        case "?":
            place += 1
            return .repeated(node, least: 0, most: 1)
        case "{":
            place += 1
            let least = number()
            var most = least
            if take(",") { most = number() }
            guard let least, take("}"), most ?? least >= least else { throw wrong("a repetition is broken") }
            return .repeated(node, least: least, most: most)
        default: return node
        }
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), Int(Int32.max) - 1)
            place += 1
        }
        return value
    }

    private mutating func characters(until end: Unicode.Scalar) throws(ConstraintError) -> [UInt32] {
        var values: [UInt32] = []
        while let scalar = next, scalar != end {
            guard scalar != "\n" else { break }
            values.append(try character())
        }
        guard next == end else { throw wrong("a text is not closed") }
        place += 1
        return values
    }

    private mutating func character() throws(ConstraintError) -> UInt32 {
        guard let scalar = next else { throw wrong("the grammar ends within a text") }
        place += 1
        guard scalar == "\\" else { return scalar.value }
        guard let escaped = next else { throw wrong("the grammar ends within an escape") }
        place += 1
        switch escaped {
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        case "U": return try hexadecimal(8)
        case "\\", "\"", "[", "]", "-", "^", "/", "'": return escaped.value
        default: throw wrong("the escape \\\(escaped) is unknown")
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(ConstraintError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = next.flatMap({ UInt32(String($0), radix: 16) }) else {
                throw wrong("a hexadecimal escape is broken")
            }
            value = value << 4 | digit
            place += 1
        }
        guard Unicode.Scalar(value) != nil else { throw wrong("an escape is no character") }
        return value
    }

    private mutating func bracket() throws(ConstraintError) -> ScalarSet {
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = next, scalar != "]", scalar != "\n" {
            let low = try character()
            var high = low
            if next == "-", place + 1 < scalars.count, scalars[place + 1] != "]" {
                place += 1
                high = try character()
            }
            guard low <= high else { throw wrong("a range in brackets is out of order") }
            ranges.append(low...high)
        }
        guard take("]") else { throw wrong("a bracket is not closed") }
        return isInverted ? ScalarSet(ranges).inverted : ScalarSet(ranges)
    }
}

extension ScalarSet {
    fileprivate init(_ range: ClosedRange<UInt32>) { self.init([range]) }
}
