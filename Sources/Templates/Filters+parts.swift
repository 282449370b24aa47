/// Filters that look at the parts of a value.
extension Renderer {
    func parts(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let name = filter.rawValue
        switch filter {
        case .default, .d:
            let values = try arguments.bound(to: ["default_value", "boolean"], of: name)
            let isMissing = value.isUndefined || (values[1]?.isTrue ?? false) && !value.isTrue
            return isMissing ? values[0] ?? .string("") : value
        case .join: return try joined(value, arguments)
        case .attr:
            let member = try text(try arguments.required(["name"], of: name)[0], name)
            if case .undefined(let reason) = value { throw TemplateError(reason) }
            return try attribute(member, of: value) ?? missing(member, of: value)
        default: break
        }
        _ = try arguments.bound(to: [], of: name)
        switch filter {
        case .length, .count: return .integer(try length(of: value))
        case .first:
            if case .iterable(let iterable) = value {
                return try iterable.next() ?? .undefined("No first item, sequence was empty.")
            }
            return try elements(of: value).first ?? .undefined("No first item, sequence was empty.")
        case .last:
            if case .iterable(let iterable) = value, iterable.isUsedUp {
                throw TemplateError("'\(value.typeName)' object is not reversible")
            }
            return try elements(of: value).last ?? .undefined("No last item, sequence was empty.")
        case .list: return try list(try elements(of: value))
        default: return try reversed(value)
        }
    }

    private func reversed(_ value: Value) throws(TemplateError) -> Value {
        if let text = value.asText { return try checked(text.reversedScalars, like: value) }
        switch value {
        case .list: return try iterable(.reversedList, try elements(of: value).reversed())
        case .iterable(let iterable) where iterable.isUsedUp:
            return try list(try elements(of: value).reversed())
        case .tuple, .iterable, .dictionary, .undefined:
            return try iterable(.reversed, try elements(of: value).reversed())
        default: throw TemplateError("argument must be iterable")
        }
    }

    private func length(of value: Value) throws(TemplateError) -> Int {
        switch value {
        case .string(let text), .markup(let text): return text.unicodeScalars.count
        case .list(let list), .tuple(let list): return list.elements.count
        case .dictionary(let dictionary): return dictionary.members.count
        case .undefined: return 0
        case .loop(let loop): return loop.elements.count
        case .iterable(let iterable): if let count = iterable.count { return count }
        default: break
        }
        throw TemplateError("object of type '\(value.typeName)' has no len()")
    }

    private func joined(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["d", "attribute"], of: "join")
        let separator = try values[0]?.text() ?? ""
        let attribute = try getter(values[1])
        var parts: [String] = []
        for element in try elements(of: value) {
            let part = try attribute(element)
            try charge(part.weight)
            parts.append(try part.text())
        }
        return try joined(parts, separator)
    }

    /// Follows `a.b.0`; without a path it gives the value itself.
    func getter(
        _ path: Value?,
        default standard: Value? = nil
    ) throws(TemplateError) -> (Value) throws(TemplateError) -> Value {
        var steps: [Value] = []
        if let text = path?.asText {
            steps = text.split(at: ".", atMost: .max).map { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    ? Int(part).map(Value.integer) ?? .string(part) : .string(part)
            }
        } else if let path, !path.isNone {
            steps = [path]
        }
        if steps.isEmpty { return { (value) throws(TemplateError) in value } }
        return { (value) throws(TemplateError) in
            var result = value
            for step in steps {
                try self.charge(Limits.unitsPerElement)
                result = try self.element(step, of: result)
                if let standard, !standard.isNone, result.isUndefined { result = standard }
            }
            return result
        }
    }
}
