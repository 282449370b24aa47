/// The methods of Python's strings that templates use.
enum StringMethod: String {
    case capitalize
    case count
    case endswith
    case find
    case format
    case index
    case isalnum
    case isalpha
    case isdigit
    case islower
    case isspace
    case isupper
    case join
    case lower
    case lstrip
    case partition
    case removeprefix
    case removesuffix
    case replace
    case rfind
    case rpartition
    case rsplit
    case rstrip
    case split
    case splitlines
    case startswith
    case strip
    case title
    case upper
    case zfill
}

extension Renderer {
    func call(_ method: StringMethod, _ text: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        try charge(text: text)
        switch method {
        case .upper: return try checked(text.uppercased())
        case .lower: return try checked(text.pythonLowercased)
        case .capitalize: return try checked(text.pythonCapitalized)
        case .title: return try checked(text.titled)
        case .strip, .lstrip, .rstrip: return try strip(method, text, arguments)
        case .split, .rsplit: return try split(method, text, arguments)
        case .splitlines:
            let keepsEnds = try arguments.bound(to: ["keepends"], of: "splitlines")[0]?.isTrue ?? false
            return try list(text.lines(keepingEnds: keepsEnds).map { .string($0) })
        case .partition, .rpartition: return try partition(method, text, arguments)
        case .startswith, .endswith: return .bool(try hasEnd(method, text, arguments))
        case .removeprefix, .removesuffix: return try removeEnd(method, text, arguments)
        case .replace: return try replace(text, arguments)
        case .find, .rfind, .index: return .integer(try find(method, text, arguments))
        case .count:
            let wanted = try self.text(arguments.bound(to: ["sub"], of: "count")[0], "count")
            if wanted.isEmpty { return .integer(text.unicodeScalars.count + 1) }
            return .integer(text.occurrences(of: wanted).count)
        case .join: return try join(text, arguments)
        case .format: return try formatBraces(text, arguments)
        case .zfill: return try fill(text, arguments)
        case .isalnum, .isalpha, .isdigit, .isspace, .isupper, .islower:
            return .bool(holds(method, for: text))
        }
    }

    /// An argument that must be a text.
    func text(_ value: Value?, _ function: String) throws(TemplateError) -> String {
        switch value {
        case .string(let text)?: return text
        case .undefined(let reason)?: throw TemplateError(reason)
        case let other?: throw TemplateError("\(function)() needs a str, not \(other.typeName)")
        case nil: throw TemplateError("\(function)() misses an argument")
        }
    }

    func integer(_ value: Value?, _ function: String, default standard: Int) throws(TemplateError) -> Int {
        guard let value else { return standard }
        if case .undefined(let reason) = value { throw TemplateError(reason) }
        guard let number = value.asInteger else {
            throw TemplateError("\(function)() needs an int, not \(value.typeName)")
        }
        return number
    }

    func stripped(_ value: Value?, _ function: String) throws(TemplateError) -> String.Stripped {
        switch value {
        case nil, .some(.none): .whiteSpace
        default: .characters(Set(try text(value, function).unicodeScalars))
        }
    }

    private func strip(
        _ method: StringMethod,
        _ text: String,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let kind = try stripped(try arguments.bound(to: ["chars"], of: method.rawValue)[0], method.rawValue)
        return try checked(text.stripped(kind, left: method != .rstrip, right: method != .lstrip))
    }

    private func split(
        _ method: StringMethod,
        _ text: String,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["sep", "maxsplit"], of: method.rawValue)
        let given = try integer(values[1], method.rawValue, default: -1)
        let limit = given < 0 ? Int.max : given
        switch values[0] {
        case nil, .some(.none):
            let parts =
                method == .split ? text.splitAtSpace(atMost: limit) : splitAtSpaceFromRight(text, limit)
            return try list(parts.map { .string($0) })
        default: break
        }
        let separator = try self.text(values[0], method.rawValue)
        guard !separator.isEmpty else { throw TemplateError("empty separator") }
        try charge(
            elements: limit == .max ? text.occurrences(of: separator).count : min(limit, text.utf8.count)
        )
        let parts =
            method == .split
            ? text.split(at: separator, atMost: limit) : text.splitFromRight(at: separator, atMost: limit)
        return try list(parts.map { .string($0) })
    }

    private func splitAtSpaceFromRight(_ text: String, _ limit: Int) -> [String] {
        func reversed(_ text: String) -> String {
            String(String.UnicodeScalarView(text.unicodeScalars.reversed()))
        }
        return reversed(text).splitAtSpace(atMost: limit).reversed().map(reversed)
    }

    private func partition(
        _ method: StringMethod,
        _ text: String,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let separator = try self.text(arguments.bound(to: ["sep"], of: method.rawValue)[0], method.rawValue)
        guard !separator.isEmpty else { throw TemplateError("empty separator") }
        let isForward = method == .partition
        let parts =
            isForward ? text.split(at: separator, atMost: 1) : text.splitFromRight(at: separator, atMost: 1)
        let three =
            parts.count == 2
            ? [parts[0], separator, parts[1]] : isForward ? [text, "", ""] : ["", "", text]
        return .tuple(List(three.map { .string($0) }))
    }

    private func hasEnd(
        _ method: StringMethod,
        _ text: String,
        _ arguments: Arguments
    ) throws(TemplateError) -> Bool {
        let given = try arguments.bound(to: ["prefix"], of: method.rawValue)[0]
        var candidates = [given]
        if case .tuple(let list)? = given { candidates = list.elements }
        for candidate in candidates {
            let wanted = try self.text(candidate, method.rawValue)
            let isThere =
                method == .startswith
                ? text.utf8.starts(with: wanted.utf8)
                : text.utf8.count >= wanted.utf8.count
                    && text.utf8.suffix(wanted.utf8.count).elementsEqual(wanted.utf8)
            if isThere { return true }
        }
        return false
    }

    private func removeEnd(
        _ method: StringMethod,
        _ text: String,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let end = try self.text(arguments.bound(to: ["affix"], of: method.rawValue)[0], method.rawValue)
        let check = Arguments(positional: [.string(end)])
        if method == .removeprefix {
            guard try hasEnd(.startswith, text, check) else { return .string(text) }
            return .string(String(text.utf8.dropFirst(end.utf8.count)) ?? text)
        }
        guard try hasEnd(.endswith, text, check) else { return .string(text) }
        return .string(String(text.utf8.dropLast(end.utf8.count)) ?? text)
    }

    private func replace(_ text: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["old", "new", "count"], of: "replace")
        return try replacing(
            text,
            try self.text(values[0], "replace"),
            with: try self.text(values[1], "replace"),
            atMost: try integer(values[2], "replace", default: -1)
        )
    }

    /// Counts first what the result will need: replacing is how a text grows fastest.
    func replacing(
        _ text: String,
        _ old: String,
        with new: String,
        atMost count: Int
    ) throws(TemplateError) -> Value {
        let limit = count < 0 ? Int.max : count
        let places = old.isEmpty ? text.utf8.count + 1 : text.occurrences(of: old, atMost: limit).count
        let (growth, overflow) = min(places, limit).multipliedReportingOverflow(by: new.utf8.count)
        guard !overflow, growth <= Limits.textBytes else {
            throw TemplateError("a text is longer than \(Limits.textBytes) bytes")
        }
        return try checked(text.replacing(old, with: new, atMost: limit))
    }

    private func find(
        _ method: StringMethod,
        _ text: String,
        _ arguments: Arguments
    ) throws(TemplateError) -> Int {
        let wanted = try self.text(arguments.bound(to: ["sub"], of: method.rawValue)[0], method.rawValue)
        if wanted.isEmpty { return method == .rfind ? text.unicodeScalars.count : 0 }
        let found =
            method == .rfind
            ? text.occurrences(of: wanted).last : text.occurrences(of: wanted, atMost: 1).first
        guard let found else {
            guard method != .index else { throw TemplateError("substring not found") }
            return -1
        }
        return text.unicodeScalars.distance(from: text.startIndex, to: found.lowerBound)
    }

    private func join(_ separator: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try elements(of: try arguments.bound(to: ["iterable"], of: "join")[0] ?? .none)
        var parts: [String] = []
        for value in values { parts.append(try text(value, "join")) }
        return try joined(parts, separator)
    }

    func joined(_ parts: [String], _ separator: String) throws(TemplateError) -> Value {
        let (separators, overflow) = separator.utf8.count.multipliedReportingOverflow(by: parts.count)
        let total = parts.reduce(overflow ? .max : separators) { $0.addingSaturated($1.utf8.count) }
        guard total <= Limits.textBytes + separator.utf8.count else {
            throw TemplateError("a text is longer than \(Limits.textBytes) bytes")
        }
        return try checked(parts.joined(separator: separator))
    }

    private func fill(_ text: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        let width = try integer(arguments.bound(to: ["width"], of: "zfill")[0], "zfill", default: 0)
        let missing = max(0, width.addingSaturated(-text.unicodeScalars.count))
        guard missing <= Limits.textBytes else {
            throw TemplateError("a text is longer than \(Limits.textBytes) bytes")
        }
        let zeros = String(repeating: "0", count: missing)
        if let sign = text.utf8.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            return try checked(String(text.prefix(1)) + zeros + text.dropFirst())
        }
        return try checked(zeros + text)
    }

    private func holds(_ method: StringMethod, for text: String) -> Bool {
        let scalars = text.unicodeScalars
        switch method {
        case .isspace: return !text.isEmpty && scalars.allSatisfy(\.isPythonSpace)
        case .isalpha: return !text.isEmpty && scalars.allSatisfy(\.isLetter)
        case .isdigit:
            return !text.isEmpty
                && scalars.allSatisfy {
                    $0.properties.numericType == .decimal || $0.properties.numericType == .digit
                }
        case .isalnum: return !text.isEmpty && scalars.allSatisfy { $0.isWord && $0 != "_" }
        case .isupper:
            return scalars.contains(where: \.properties.isUppercase)
                && !scalars.contains(where: \.properties.isLowercase)
        default:
            return scalars.contains(where: \.properties.isLowercase)
                && !scalars.contains(where: \.properties.isUppercase)
        }
    }
}

extension Unicode.Scalar {
    /// What Python's `\w` matches.
    var isWord: Bool { self == "_" || isLetter || properties.numericType != nil }

    /// The categories L*.
    var isLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
