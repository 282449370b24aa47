/// Filters that make a text.
extension Renderer {
    func text(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let name = filter.rawValue
        switch filter {
        case .upper: return try checked(try plain(value, arguments, name).uppercased(), like: value)
        case .lower: return try checked(try plain(value, arguments, name).pythonLowercased, like: value)
        case .capitalize:
            return try checked(try plain(value, arguments, name).pythonCapitalized, like: value)
        case .title: return try checked(try plain(value, arguments, name).titledAtWords)
        case .trim:
            let kind = try stripped(try arguments.bound(to: ["chars"], of: name)[0], name)
            return try checked(try value.text().stripped(kind), like: value)
        case .string: return try checked(try plain(value, arguments, name), like: value)
        case .safe: return .markup(try plain(value, arguments, name))
        case .escape, .e:
            if case .markup = value { return value }
            return .markup(try checked(Markup.escaped(try plain(value, arguments, name))).text())
        case .forceescape:
            return .markup(try checked(Markup.escaped(try plain(value, arguments, name))).text())
        case .striptags: return try checked(Markup.stripped(try plain(value, arguments, name)))
        case .replace: return try replaced(value, arguments)
        case .format:
            guard arguments.named.isEmpty else {
                guard arguments.positional.isEmpty else {
                    throw TemplateError("can't handle positional and keyword arguments at the same time")
                }
                let members = arguments.named.map { (key: Value.string($0.name), value: $0.value) }
                return try format(try soft(value), try dictionary(members))
            }
            return try format(try soft(value), try tuple(arguments.positional))
        case .wordcount:
            return .integer(try plain(value, arguments, name).unicodeScalars.split { !$0.isWord }.count)
        case .tojson: return try json(value, arguments)
        case .pprint: return try prettyPrinted(value)
        case .urlencode: return try urlEncoded(value)
        case .xmlattr: return try attributes(value, arguments)
        default: return try wrapped(filter, value, arguments)
        }
    }

    /// The text of a value for a filter without arguments.
    private func plain(_ value: Value, _ arguments: Arguments, _ name: String) throws(TemplateError) -> String
    {
        _ = try arguments.bound(to: [], of: name)
        return try value.text()
    }

    private func soft(_ value: Value) throws(TemplateError) -> Value {
        value.asText == nil ? .string(try value.text()) : value
    }

    private func replaced(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["old", "new", "count"], of: "replace")
        guard let old = values[0], let new = values[1] else {
            throw TemplateError("replace() misses an argument")
        }
        var limit = -1
        if let count = values[2], !count.isNone { limit = try integer(count, "replace", default: -1) }
        return try replacing(
            .string(try value.text()),
            try old.text(),
            with: try new.text(),
            atMost: limit
        )
    }

    private func json(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let names = ["ensure_ascii", "indent", "separators", "sort_keys"]
        let values = try arguments.bound(to: names, of: "tojson")
        var separators: (item: String, key: String)?
        if let given = values[2], !given.isNone {
            let pair = try elements(of: given)
            guard pair.count == 2 else {
                throw TemplateError("not enough values to unpack (expected 2, got \(pair.count))")
            }
            separators = (try text(pair[0], "tojson"), try text(pair[1], "tojson"))
        }
        var writer = JSONText(
            indentation: try indentation(values[1]),
            separators: separators,
            sortsKeys: values[3]?.isTrue ?? false,
            escapesNonASCII: values[0]?.isTrue ?? false
        )
        return try checked(try writer.write(value))
    }

    private func indentation(_ value: Value?) throws(TemplateError) -> String? {
        guard let value, !value.isNone else { return nil }
        if let text = value.asText { return text }
        let width = try integer(value, "tojson", default: 0)
        guard width <= Limits.formatDigitCount else {
            throw TemplateError("tojson() indents by at most \(Limits.formatDigitCount)")
        }
        return String(repeating: " ", count: max(0, width))
    }

    /// What `pprint` gives as long as it fits into a line.
    private func prettyPrinted(_ value: Value) throws(TemplateError) -> Value {
        let text = try value.sortedByKeys().representation()
        guard text.unicodeScalars.count <= 80 else {
            throw TemplateError("the filter pprint is limited to 80 characters")
        }
        return try checked(text)
    }

    // MARK: - For the web

    private func urlEncoded(_ value: Value) throws(TemplateError) -> Value {
        let pairs: [Value]
        switch value {
        case .dictionary(let dictionary): pairs = try items(of: dictionary)
        case .list, .tuple, .iterable: pairs = try elements(of: value)
        default: return try checked(percentEncoded(try value.text(), isQuery: false))
        }
        var parts: [String] = []
        for pair in pairs {
            let both = try elements(of: pair)
            guard both.count == 2 else {
                throw TemplateError("not enough values to unpack (expected 2, got \(both.count))")
            }
            let name = percentEncoded(try both[0].text(), isQuery: true)
            parts.append(name + "=" + percentEncoded(try both[1].text(), isQuery: true))
        }
        return try joined(parts, "&")
    }

    private func percentEncoded(_ text: String, isQuery: Bool) -> String {
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "_.-~".utf8.contains(byte) || !isQuery && byte == UInt8(ascii: "/")
            if isPlain {
                result.append(byte)
            } else if isQuery, byte == UInt8(ascii: " ") {
                result.append(UInt8(ascii: "+"))
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func attributes(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard case .dictionary(let dictionary) = value else {
            throw TemplateError("'\(value.ownerName)' has no attribute 'items'")
        }
        let addsSpace = try arguments.bound(to: ["autospace"], of: "xmlattr")[0]?.isTrue ?? true
        var parts: [String] = []
        for member in dictionary.members where !member.value.isNone && !member.value.isUndefined {
            let name = try text(member.key, "xmlattr")
            guard
                !name.unicodeScalars.contains(where: { $0.isPythonSpace || "/>=".unicodeScalars.contains($0) }
                )
            else {
                throw TemplateError(
                    "Invalid character in attribute name: \(try member.key.representation())"
                )
            }
            parts.append("\(Markup.escaped(name))=\"\(try escaped(member.value).text())\"")
        }
        let result = try joined(parts, " ").text()
        return .string(addsSpace && !result.isEmpty ? " " + result : result)
    }
}

extension Value {
    /// The same with every dictionary in the order of its keys' texts.
    fileprivate func sortedByKeys() throws(TemplateError) -> Value {
        switch self {
        case .list(let list): return .list(List(try Self.sorted(list.elements)))
        case .tuple(let list): return .tuple(List(try Self.sorted(list.elements)))
        case .dictionary(let dictionary):
            var members: [(key: Value, value: Value)] = []
            for member in dictionary.members { members.append((member.key, try member.value.sortedByKeys())) }
            members.sort { $0.key.isLess(than: $1.key) ?? false }
            return .dictionary(Dictionary(members))
        default: return self
        }
    }

    private static func sorted(_ elements: [Value]) throws(TemplateError) -> [Value] {
        var result: [Value] = []
        for element in elements { result.append(try element.sortedByKeys()) }
        return result
    }
}
