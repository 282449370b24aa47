/// Filters that compare elements, or add them up.
extension Renderer {
    func ordered(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch filter {
        case .sort: try sorted(value, arguments)
        case .dictsort: try sortedMembers(value, arguments)
        case .min, .max: try extreme(filter.rawValue, value, arguments)
        case .groupby: try grouped(value, arguments)
        default: try sum(value, arguments)
        }
    }

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

    func folded(_ value: Value, _ isCaseSensitive: Bool) throws(TemplateError) -> Value {
        guard !isCaseSensitive, let text = value.asText else { return value }
        try charge(text: text)
        return .string(text.pythonLowercased)
    }

    private func sorted(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: "sort")
        let paths = values[2]?.asText?.split(at: ",", atMost: .max) ?? []
        let isCaseSensitive = values[1]?.isTrue ?? false
        var attribute = try getter(values[2])
        if paths.count > 1 {
            var getters: [(Value) throws(TemplateError) -> Value] = []
            for path in paths { getters.append(try getter(.string(path))) }
            attribute = { (value) throws(TemplateError) in
                var keys: [Value] = []
                for getter in getters { keys.append(try self.folded(try getter(value), isCaseSensitive)) }
                return try self.list(keys)
            }
        }
        let result = try ordered(
            try elements(of: value),
            reversed: values[0]?.isTrue ?? false,
            isCaseSensitive: isCaseSensitive,
            by: attribute
        )
        return try list(result)
    }

    private func sortedMembers(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let reason) = value { throw TemplateError(reason) }
            throw TemplateError("'\(value.typeName)' object has no attribute 'items'")
        }
        let by = try values[1].map { (by) throws(TemplateError) in try text(by, "dictsort") } ?? "key"
        guard by == "key" || by == "value" else {
            throw TemplateError("You can only sort by either \"key\" or \"value\"")
        }
        let result = try ordered(
            try items(of: dictionary),
            reversed: values[2]?.isTrue ?? false,
            isCaseSensitive: values[0]?.isTrue ?? false,
            by: try getter(.integer(by == "key" ? 0 : 1))
        )
        return try list(result)
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
        guard total.asText == nil else {
            throw TemplateError("sum() can't sum strings [use ''.join(seq) instead]")
        }
        for element in try elements(of: value) { total = try calculate(.add, total, try attribute(element)) }
        return total
    }

    private func grouped(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["attribute", "default", "case_sensitive"], of: "groupby")
        guard let path = values[0] else { throw TemplateError("groupby() misses an attribute") }
        let attribute = try getter(path, default: values[1])
        let isCaseSensitive = values[2]?.isTrue ?? false
        let sorted = try ordered(
            try elements(of: value),
            reversed: false,
            isCaseSensitive: isCaseSensitive,
            by: attribute
        )
        var groups: [(name: Value, key: Value, members: [Value])] = []
        for element in sorted {
            let name = try attribute(element)
            let key = try folded(name, isCaseSensitive)
            if let last = groups.last, last.key.isEqual(to: key) {
                groups[groups.count - 1].members.append(element)
            } else {
                groups.append((name, key, [element]))
            }
        }
        var result: [Value] = []
        for group in groups {
            result.append(
                .tuple(List([group.name, try list(group.members)], fields: ["grouper", "list"]))
            )
        }
        return try list(result)
    }
}
