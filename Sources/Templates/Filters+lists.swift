/// Filters that look at a whole list, dictionary or text.
extension Renderer {
    func listFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value? {
        switch name {
        case "length", "count": return .integer(try length(of: value))
        case "default", "d":
            let values = try arguments.bound(to: ["default_value", "boolean"], of: name)
            let isMissing = value.isUndefined || (values[1]?.isTrue ?? false) && !value.isTrue
            return isMissing ? values[0] ?? .string("") : value
        case "first": return try elements(of: value).first ?? .undefined("No first item, sequence was empty.")
        case "last": return try elements(of: value).last ?? .undefined("No last item, sequence was empty.")
        case "list": return try list(try elements(of: value))
        case "join": return try joined(value, arguments)
        case "items":
            if value.isUndefined { return try list([]) }
            guard case .dictionary(let dictionary) = value else {
                throw TemplateError("Can only get item pairs from a mapping.")
            }
            return try items(of: dictionary)
        case "dictsort": return try sortedMembers(value, arguments)
        case "reverse":
            if case .string(let text) = value {
                return try checked(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
            }
            return try list(try elements(of: value).reversed())
        case "sort": return try sorted(value, arguments)
        case "unique": return try unique(value, arguments)
        case "min", "max": return try extreme(name, value, arguments)
        case "sum": return try sum(value, arguments)
        case "attr":
            let member = try text(try arguments.bound(to: ["name"], of: name)[0], name)
            return try self.member(member, of: value)
        default: return nil
        }
    }

    func length(of value: Value) throws(TemplateError) -> Int {
        switch value {
        case .string(let text): return text.unicodeScalars.count
        case .list(let list), .tuple(let list): return list.elements.count
        case .dictionary(let dictionary): return dictionary.members.count
        case .undefined: return 0
        case .loop(let loop): return loop.elements.count
        default: throw TemplateError("object of type '\(value.typeName)' has no len()")
        }
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
        let steps: [Value]
        switch path {
        case nil, .some(.none): return { (value) throws(TemplateError) in value }
        case .string(let path)?:
            steps = path.split(at: ".", atMost: .max).map { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    ? Int(part).map(Value.integer) ?? .string(part) : .string(part)
            }
        case let index?: steps = [index]
        }
        return { (value) throws(TemplateError) in
            var result = value
            for step in steps {
                try self.charge(Limits.unitsPerElement)
                result = try self.element(step, of: result)
                if let standard, result.isUndefined { result = standard }
            }
            return result
        }
    }

    // MARK: - Order

    /// Sorts by the keys that `getter` gives; texts without regard to case unless told otherwise.
    private func ordered(
        _ values: [Value],
        reversed: Bool,
        isCaseSensitive: Bool,
        by getter: (Value) throws(TemplateError) -> Value
    ) throws(TemplateError) -> [Value] {
        try charge(elements: values.count)
        var keyed: [(key: Value, value: Value)] = []
        for value in values { keyed.append((try folded(try getter(value), isCaseSensitive), value)) }
        return try merged(keyed[...], reversed).map(\.value)
    }

    /// A stable merge sort, because comparing may fail.
    private func merged(
        _ values: ArraySlice<(key: Value, value: Value)>,
        _ reversed: Bool
    ) throws(TemplateError) -> [(key: Value, value: Value)] {
        guard values.count > 1 else { return Array(values) }
        let middle = values.startIndex + values.count / 2
        let left = try merged(values[..<middle], reversed)
        let right = try merged(values[middle...], reversed)
        var result: [(key: Value, value: Value)] = []
        result.reserveCapacity(values.count)
        var first = 0
        var second = 0
        while first < left.count, second < right.count {
            let (one, other) = (left[first].key, right[second].key)
            try charge(max(1, min(one.weight, other.weight)))
            if reversed ? try less(one, other, "<") : try less(other, one, "<") {
                result.append(right[second])
                second += 1
            } else {
                result.append(left[first])
                first += 1
            }
        }
        return result + left[first...] + right[second...]
    }

    private func folded(_ value: Value, _ isCaseSensitive: Bool) throws(TemplateError) -> Value {
        guard !isCaseSensitive, case .string(let text) = value else { return value }
        try charge(text: text)
        return .string(text.pythonLowercased)
    }

    private func sorted(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: "sort")
        var paths: [Value?] = [values[2]]
        if case .string(let text)? = values[2] {
            paths = text.split(at: ",", atMost: .max).map { .string($0) }
        }
        var result = try elements(of: value)
        // Sorting by the last key first makes the first key count most.
        for path in paths.reversed() {
            result = try ordered(
                result,
                reversed: values[0]?.isTrue ?? false,
                isCaseSensitive: values[1]?.isTrue ?? false,
                by: try getter(path)
            )
        }
        return try list(result)
    }

    private func sortedMembers(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
        guard case .dictionary(let dictionary) = value else { throw TemplateError("dictsort() needs a dict") }
        let by = try values[1].map { (by) throws(TemplateError) in try text(by, "dictsort") } ?? "key"
        guard by == "key" || by == "value" else {
            throw TemplateError("You can only sort by either \"key\" or \"value\"")
        }
        let result = try ordered(
            try elements(of: try items(of: dictionary)),
            reversed: values[2]?.isTrue ?? false,
            isCaseSensitive: values[0]?.isTrue ?? false,
            by: try getter(.integer(by == "key" ? 0 : 1))
        )
        return try list(result)
    }

    private func unique(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
        let attribute = try getter(values[1])
        var seen: Set<Key> = []
        var kept: [Value] = []
        for element in try elements(of: value) {
            let folded = try folded(try attribute(element), values[0]?.isTrue ?? false)
            try charge(max(1, folded.weight))
            guard let key = Key(folded) else { throw TemplateError("unhashable type: '\(folded.typeName)'") }
            if seen.insert(key).inserted { kept.append(element) }
        }
        return try list(kept)
    }

    private func extreme(
        _ name: String,
        _ value: Value,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: name)
        let isCaseSensitive = values[0]?.isTrue ?? false
        let attribute = try getter(values[1])
        var best: (key: Value, value: Value)?
        for element in try elements(of: value) {
            let key = try folded(try attribute(element), isCaseSensitive)
            try charge(max(1, key.weight))
            guard let current = best else {
                best = (key, element)
                continue
            }
            if name == "min" ? try less(key, current.key, "<") : try less(current.key, key, ">") {
                best = (key, element)
            }
        }
        return best?.value ?? .undefined("No aggregated item, sequence was empty.")
    }

    private func sum(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["attribute", "start"], of: "sum")
        let attribute = try getter(values[0])
        var total = values[1] ?? .integer(0)
        for element in try elements(of: value) { total = try calculate(.add, total, try attribute(element)) }
        return total
    }
}
