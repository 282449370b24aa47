/// Filters that apply a filter or a test to every element.
extension Renderer {
    func choosingFilter(
        _ name: String,
        _ value: Value,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value? {
        // As in Jinja, these take anything false for an empty list.
        guard value.isTrue || !["map", "select", "reject", "selectattr", "rejectattr"].contains(name) else {
            return try list([])
        }
        switch name {
        case "map": return try map(value, arguments)
        case "select", "reject":
            return try choose(value, arguments, keeps: name == "select") { (value) throws(TemplateError) in
                value
            }
        case "selectattr", "rejectattr":
            guard let path = arguments.positional.first else {
                throw TemplateError("\(name)() misses an attribute")
            }
            var rest = arguments
            rest.positional.removeFirst()
            return try choose(value, rest, keeps: name == "selectattr", by: try getter(path))
        default: return nil
        }
    }

    private func map(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        var results: [Value] = []
        if arguments.positional.isEmpty, let path = arguments["attribute"] {
            let attribute = try getter(path, default: arguments["default"])
            for element in try elements(of: value) { results.append(try attribute(element)) }
            return try list(results)
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
            results.append(try apply(filter: filter, to: element, rest))
        }
        return try list(results)
    }

    /// Keeps the elements for which a test holds; without a test, those that are true.
    private func choose(
        _ value: Value,
        _ arguments: Arguments,
        keeps: Bool,
        by getter: (Value) throws(TemplateError) -> Value
    ) throws(TemplateError) -> Value {
        var rest = arguments
        let name = rest.positional.isEmpty ? nil : try text(rest.positional.removeFirst(), "select")
        var kept: [Value] = []
        for element in try elements(of: value) {
            try charge(Limits.unitsPerElement)
            let tested = try getter(element)
            let holds = if let name { try test(name, tested, rest) } else { tested.isTrue }
            if holds == keeps { kept.append(element) }
        }
        return try list(kept)
    }
}
