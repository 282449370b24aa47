/// The methods of Python's strings.
enum StringMethod: String {
    case capitalize
    case casefold
    case center
    case count
    case endswith
    case expandtabs
    case find
    case format
    case formatMap = "format_map"
    case index
    case isalnum
    case isalpha
    case isascii
    case isdecimal
    case isdigit
    case isidentifier
    case islower
    case isnumeric
    case isprintable
    case isspace
    case istitle
    case isupper
    case join
    case ljust
    case lower
    case lstrip
    case partition
    case removeprefix
    case removesuffix
    case replace
    case rfind
    case rindex
    case rjust
    case rpartition
    case rsplit
    case rstrip
    case split
    case splitlines
    case startswith
    case strip
    case swapcase
    case title
    case upper
    case zfill
}

/// One call of a method of a string; markup gives markup.
struct StringCall {
    let renderer: Renderer
    let method: StringMethod
    let owner: Value
    let text: String

    func result(_ arguments: Arguments) throws(TemplateError) -> Value {
        try renderer.charge(text: text)
        switch method {
        case .upper, .lower, .casefold, .swapcase, .capitalize, .title:
            _ = try bound([], arguments)
            return try made(recased)
        case .strip, .lstrip, .rstrip: return try strip(arguments)
        case .split, .rsplit: return try split(arguments)
        case .splitlines:
            let keepsEnds = try bound(["keepends"], arguments)[0]?.isTrue ?? false
            return try renderer.strings(text.lines(keepingEnds: keepsEnds), like: owner)
        case .partition, .rpartition: return try partition(arguments)
        case .startswith, .endswith: return .bool(try hasEnd(arguments))
        case .removeprefix, .removesuffix: return try removeEnd(arguments)
        case .replace: return try replace(arguments)
        case .find, .rfind, .index, .rindex, .count: return .integer(try find(arguments))
        case .join: return try join(arguments)
        case .format: return try renderer.formatBraces(owner, arguments)
        case .formatMap: return try formatMap(arguments)
        case .zfill, .center, .ljust, .rjust: return try fill(arguments)
        case .expandtabs: return try expandTabs(arguments)
        case .isalnum, .isalpha, .isascii, .isdecimal, .isdigit, .isidentifier, .islower, .isnumeric,
            .isprintable, .isspace, .istitle, .isupper:
            _ = try bound([], arguments)
            return .bool(method.holds(for: text))
        }
    }

    private var recased: String {
        switch method {
        case .upper: text.uppercased()
        case .lower: text.pythonLowercased
        case .casefold: text.caseFolded
        case .swapcase: text.caseSwapped
        case .title: text.titled
        default: text.pythonCapitalized
        }
    }

    private func made(_ text: String) throws(TemplateError) -> Value {
        try renderer.checked(text, like: owner)
    }

    private func bound(_ names: [String], _ arguments: Arguments) throws(TemplateError) -> [Value?] {
        try arguments.bound(to: names, of: method.rawValue)
    }

    private func text(_ value: Value?) throws(TemplateError) -> String {
        try renderer.text(value, method.rawValue)
    }

    private func integer(_ value: Value?, default standard: Int) throws(TemplateError) -> Int {
        try renderer.integer(value, method.rawValue, default: standard)
    }

    // MARK: - Ends

    private func strip(_ arguments: Arguments) throws(TemplateError) -> Value {
        let kind = try renderer.stripped(try bound(["chars"], arguments)[0], method.rawValue)
        return try made(text.stripped(kind, left: method != .rstrip, right: method != .lstrip))
    }

    private func hasEnd(_ arguments: Arguments) throws(TemplateError) -> Bool {
        let values = try bound(["prefix", "start", "end"], arguments)
        var candidates = [values[0]]
        if case .tuple(let list)? = values[0] { candidates = list.elements }
        for candidate in candidates where candidate.map({ $0.asText == nil }) ?? true {
            throw TemplateError(
                "\(method.rawValue) first arg must be str or a tuple of str, not "
                    + (candidate?.typeName ?? "nothing")
            )
        }
        let part = try window(values[1], values[2])
        guard let part else { return false }
        return candidates.contains { candidate in
            let wanted = candidate?.asText ?? ""
            return method == .startswith ? part.starts(with: wanted) : part.ends(with: wanted)
        }
    }

    /// The part from `start` to `end`; nil when it would start behind the end.
    private func window(_ start: Value?, _ end: Value?) throws(TemplateError) -> String? {
        if start?.isNone ?? true, end?.isNone ?? true { return text }
        let scalars = text.unicodeScalars
        let count = scalars.count
        func place(_ value: Value?, default standard: Int) throws(TemplateError) -> Int {
            guard let value, !value.isNone else { return standard }
            let index = try integer(value, default: standard)
            return max(index < 0 ? index.addingSaturated(count) : index, 0)
        }
        let first = try place(start, default: 0)
        let last = min(try place(end, default: count), count)
        guard first <= last else { return nil }
        let lower = scalars.index(scalars.startIndex, offsetBy: first)
        return String(scalars[lower..<scalars.index(lower, offsetBy: last - first)])
    }

    private func removeEnd(_ arguments: Arguments) throws(TemplateError) -> Value {
        let end = try text(try arguments.required(["affix"], of: method.rawValue)[0])
        let isThere = method == .removeprefix ? text.starts(with: end) : text.ends(with: end)
        guard isThere else { return owner }
        let rest =
            method == .removeprefix
            ? text.utf8.dropFirst(end.utf8.count) : text.utf8.dropLast(end.utf8.count)
        return try made(String(rest) ?? text)
    }

    // MARK: - Parts

    private func split(_ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try bound(["sep", "maxsplit"], arguments)
        let given = try integer(values[1], default: -1)
        let limit = given < 0 ? Int.max : given
        guard let separator = values[0], !separator.isNone else {
            let parts =
                method == .split
                ? text.splitAtSpace(atMost: limit) : text.splitAtSpaceFromRight(atMost: limit)
            return try renderer.strings(parts, like: owner)
        }
        let wanted = try text(separator)
        guard !wanted.isEmpty else { throw TemplateError("empty separator") }
        let parts =
            method == .split
            ? text.split(at: wanted, atMost: limit) : text.splitFromRight(at: wanted, atMost: limit)
        return try renderer.strings(parts, like: owner)
    }

    private func partition(_ arguments: Arguments) throws(TemplateError) -> Value {
        let separator = try text(try arguments.required(["sep"], of: method.rawValue)[0])
        guard !separator.isEmpty else { throw TemplateError("empty separator") }
        let isForward = method == .partition
        let parts =
            isForward ? text.split(at: separator, atMost: 1) : text.splitFromRight(at: separator, atMost: 1)
        let three =
            parts.count == 2
            ? [parts[0], separator, parts[1]] : isForward ? [text, "", ""] : ["", "", text]
        return try renderer.tuple(three.map { owner.sibling($0) })
    }

    private func replace(_ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try bound(["old", "new", "count"], arguments)
        var new = values[1] ?? .none
        if case .markup = owner { new = try renderer.escaped(new) }
        return try renderer.replacing(
            owner,
            try text(values[0]),
            with: try text(new),
            atMost: try integer(values[2], default: -1)
        )
    }

    private func find(_ arguments: Arguments) throws(TemplateError) -> Int {
        let values = try bound(["sub", "start", "end"], arguments)
        let wanted = try text(values[0])
        let part = try window(values[1], values[2])
        if method == .count {
            guard let part else { return 0 }
            return wanted.isEmpty ? part.unicodeScalars.count + 1 : part.occurrences(of: wanted).count
        }
        let isLast = method == .rfind || method == .rindex
        guard let part, let place = isLast ? part.lastPlace(of: wanted) : part.firstPlace(of: wanted) else {
            guard method == .find || method == .rfind else { throw TemplateError("substring not found") }
            return -1
        }
        guard let start = values[1], !start.isNone else { return place }
        let index = try integer(start, default: 0)
        return place + max(index < 0 ? index.addingSaturated(text.unicodeScalars.count) : index, 0)
    }

    private func join(_ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try renderer.elements(
            of: try arguments.required(["iterable"], of: method.rawValue)[0]
        )
        var parts: [String] = []
        for (index, value) in values.enumerated() {
            guard let part = value.asText else {
                throw TemplateError("sequence item \(index): expected str instance, \(value.typeName) found")
            }
            if case .markup = owner, case .string = value {
                parts.append(Markup.escaped(part))
            } else {
                parts.append(part)
            }
        }
        return owner.sibling(try renderer.joined(parts, text).text())
    }

    private func formatMap(_ arguments: Arguments) throws(TemplateError) -> Value {
        guard case .dictionary(let dictionary) = try arguments.required(["mapping"], of: method.rawValue)[0]
        else { throw TemplateError("format_map() takes a mapping") }
        var named = Arguments()
        for member in dictionary.members {
            if let name = member.key.asText { named.named.append((name, member.value)) }
        }
        return try renderer.formatBraces(owner, named)
    }

    // MARK: - Width

    private func fill(_ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try bound(method == .zfill ? ["width"] : ["width", "fillchar"], arguments)
        guard let given = values[0] else {
            throw TemplateError("\(method.rawValue) expected at least 1 argument, got 0")
        }
        let width = try integer(given, default: 0)
        var filler = method == .zfill ? "0" : " "
        if method != .zfill, let given = values[1] { filler = try text(given) }
        guard filler.unicodeScalars.count == 1 else {
            throw TemplateError("The fill character must be exactly one character long")
        }
        let missing = max(0, width.addingSaturated(-text.unicodeScalars.count))
        try renderer.checkLength(missing)
        switch method {
        case .ljust: return try made(text + String(repeating: filler, count: missing))
        case .rjust: return try made(String(repeating: filler, count: missing) + text)
        case .center: return try made(text.centered(missing: missing, width: width, filler: filler))
        default:
            let sign = text.utf8.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } ?? false
            let head = sign ? String(text.unicodeScalars.prefix(1)) : ""
            let tail = sign ? String(text.unicodeScalars.dropFirst()) : text
            return try made(head + String(repeating: "0", count: missing) + tail)
        }
    }

    private func expandTabs(_ arguments: Arguments) throws(TemplateError) -> Value {
        let size = try integer(try bound(["tabsize"], arguments)[0], default: 8)
        guard size <= Limits.formatDigitCount else {
            throw TemplateError("expandtabs() is limited to \(Limits.formatDigitCount) columns")
        }
        var result = String.UnicodeScalarView()
        var column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let missing = size > 0 ? size - column % size : 0
                result.append(contentsOf: repeatElement(" ", count: missing))
                column += missing
            } else {
                result.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return try made(String(result))
    }
}
