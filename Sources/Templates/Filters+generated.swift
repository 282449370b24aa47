/// Filters that yield elements one by one: nothing is wrong with them until somebody reads that far.
extension Renderer {
    func generated(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        var yielded: [Value] = []
        var failure: TemplateError?
        do {
            try yield(filter, value, arguments, to: &yielded)
        } catch {
            failure = error
        }
        return try iterable(.generator, yielded, failure: failure)
    }

    private func yield(
        _ filter: Filter,
        _ value: Value,
        _ arguments: Arguments,
        to yielded: inout [Value]
    ) throws(TemplateError) {
        switch filter {
        case .items:
            if value.isUndefined { return }
            guard case .dictionary(let dictionary) = value else {
                throw TemplateError("Can only get item pairs from a mapping.")
            }
            yielded = try items(of: dictionary)
        case .batch: try batch(value, arguments, to: &yielded)
        case .slice: try slice(value, arguments, to: &yielded)
        case .unique: try unique(value, arguments, to: &yielded)
        default:
            // As in Jinja, these take anything false for an empty list.
            guard value.isTrue else { return }
            if filter == .map { return try map(value, arguments, to: &yielded) }
            try choose(filter, value, arguments, to: &yielded)
        }
    }

    private func map(
        _ value: Value,
        _ arguments: Arguments,
        to yielded: inout [Value]
    ) throws(TemplateError) {
        if arguments.positional.isEmpty, let path = arguments["attribute"] {
            let attribute = try getter(path, default: arguments["default"])
            if let other = arguments.named.first(where: { !["attribute", "default"].contains($0.name) }) {
                throw TemplateError("Unexpected keyword argument '\(other.name)'")
            }
            for element in try elements(of: value) { yielded.append(try attribute(element)) }
            return
        }
        guard let first = arguments.positional.first else {
            throw TemplateError("map requires a filter argument")
        }
        let filter = try text(first, "map")
        var rest = arguments
        rest.positional.removeFirst()
        try enter()
        defer { leave() }
        for element in try elements(of: value) {
            yielded.append(try apply(filter: filter, to: element, rest))
        }
    }

    /// Keeps the elements for which a test holds; without a test, those that are true.
    private func choose(
        _ filter: Filter,
        _ value: Value,
        _ arguments: Arguments,
        to yielded: inout [Value]
    ) throws(TemplateError) {
        var rest = arguments
        let keeps = filter == .select || filter == .selectattr
        var attribute = try getter(nil)
        if filter == .selectattr || filter == .rejectattr {
            guard !rest.positional.isEmpty else {
                throw TemplateError("Missing parameter for attribute name")
            }
            attribute = try getter(rest.positional.removeFirst())
        }
        let name = rest.positional.isEmpty ? nil : try text(rest.positional.removeFirst(), filter.rawValue)
        for element in try elements(of: value) {
            try charge(Limits.unitsPerElement)
            let tested = try attribute(element)
            let holds = if let name { try test(name, tested, rest) } else { tested.isTrue }
            if holds == keeps { yielded.append(element) }
        }
    }

    private func unique(
        _ value: Value,
        _ arguments: Arguments,
        to yielded: inout [Value]
    ) throws(TemplateError) {
        let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
        let attribute = try getter(values[1])
        var seen: Set<Key> = []
        for element in try elements(of: value) {
            let folded = try folded(try attribute(element), values[0]?.isTrue ?? false)
            try charge(max(1, folded.weight))
            guard let key = Key(folded) else { throw TemplateError("unhashable type: '\(folded.typeName)'") }
            if seen.insert(key).inserted { yielded.append(element) }
        }
    }

    private func batch(
        _ value: Value,
        _ arguments: Arguments,
        to yielded: inout [Value]
    ) throws(TemplateError) {
        let values = try arguments.bound(to: ["linecount", "fill_with"], of: "batch")
        guard let given = values[0] else { throw TemplateError("batch() misses its line count") }
        let count = try integer(given, "batch", default: 0)
        var line: [Value] = []
        for element in try elements(of: value) {
            if line.count == count {
                yielded.append(try list(line))
                line = []
            }
            line.append(element)
        }
        guard !line.isEmpty else { return }
        if let filler = values[1], !filler.isNone, line.count < count {
            try charge(elements: count)
            line += Array(repeating: filler, count: count - line.count)
        }
        yielded.append(try list(line))
    }

    private func slice(
        _ value: Value,
        _ arguments: Arguments,
        to yielded: inout [Value]
    ) throws(TemplateError) {
        let values = try arguments.bound(to: ["slices", "fill_with"], of: "slice")
        guard let given = values[0] else { throw TemplateError("slice() misses its count of slices") }
        let count = try integer(given, "slice", default: 0)
        let elements = try elements(of: value)
        guard count != 0 else { throw TemplateError("integer division or modulo by zero") }
        guard count > 0 else { return }
        try charge(elements: count)
        var start = 0
        for index in 0..<count {
            let isLong = index < elements.count % count
            let end = start + elements.count / count + (isLong ? 1 : 0)
            var slice = Array(elements[start..<end])
            if let filler = values[1], !filler.isNone, !isLong { slice.append(filler) }
            yielded.append(try list(slice))
            start = end
        }
    }
}
