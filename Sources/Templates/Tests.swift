/// The tests: `value is name(arguments)`.
extension Renderer {
    func test(_ name: String, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none":
            guard case .none = value else { return false }
            return true
        case "string": return value.asText != nil
        case "escaped":
            guard case .markup = value else { return false }
            return true
        case "boolean":
            guard case .bool = value else { return false }
            return true
        case "true":
            guard case .bool(true) = value else { return false }
            return true
        case "false":
            guard case .bool(false) = value else { return false }
            return true
        case "integer":
            guard case .integer = value else { return false }
            return true
        case "float":
            guard case .float = value else { return false }
            return true
        case "number": return value.asDouble != nil
        case "mapping":
            guard case .dictionary = value else { return false }
            return true
        case "iterable": return isIterable(value)
        case "sequence": return isSequence(value)
        case "callable": return isCallable(value)
        case "lower", "upper":
            let text = try value.text()
            try charge(text: text)
            return (name == "upper" ? StringMethod.isupper : .islower).holds(for: text)
        case "odd", "even":
            let remainder = try calculate(.remainder, value, .integer(2))
            return remainder.isEqual(to: .integer(name == "odd" ? 1 : 0))
        case "divisibleby":
            let remainder = try calculate(.remainder, value, try argument(arguments, name))
            return remainder.isEqual(to: .integer(0))
        case "filter": return value.asText.flatMap(Filter.init) != nil
        case "test":
            return value.asText.map { Self.names.contains($0) || Self.comparisons[$0] != nil } ?? false
        case "sameas": return isSame(value, try argument(arguments, name))
        default:
            guard let comparison = Self.comparisons[name] else {
                throw TemplateError("No test named '\(name)'.")
            }
            return try holds(comparison, value, try argument(arguments, name))
        }
    }

    private static let comparisons: [String: ComparisonOperator] = [
        "eq": .equal, "equalto": .equal, "==": .equal, "ne": .notEqual, "!=": .notEqual, "lt": .less,
        "<": .less,
        "lessthan": .less, "le": .lessOrEqual, "<=": .lessOrEqual, "gt": .greater, ">": .greater,
        "greaterthan": .greater, "ge": .greaterOrEqual, ">=": .greaterOrEqual, "in": .contained,
    ]

    private static let names: Set<String> = [
        "boolean", "callable", "defined", "divisibleby", "escaped", "even", "false", "filter", "float",
        "integer", "iterable", "lower", "mapping", "none", "number", "odd", "sameas", "sequence", "string",
        "test", "true", "undefined", "upper",
    ]

    private func argument(_ arguments: Arguments, _ test: String) throws(TemplateError) -> Value {
        guard let value = arguments.positional.first, arguments.positional.count == 1 else {
            throw TemplateError("the test '\(test)' needs one argument")
        }
        return value
    }

    /// Python looks whether it is the same object; only values that exist once, and texts, are.
    private func isSame(_ value: Value, _ other: Value) -> Bool {
        switch (value, other) {
        case (.bool(let left), .bool(let right)): left == right
        case (.bool, _), (_, .bool): false
        case (.integer, .integer), (.string, .string), (.none, .none): value.isEqual(to: other)
        case (.namespace, .namespace), (.loop, .loop), (.callable, .callable): value.isEqual(to: other)
        case (.dictionary(let left), .dictionary(let right)): left === right
        case (.iterable(let left), .iterable(let right)): left === right
        default: false
        }
    }

    private func isIterable(_ value: Value) -> Bool {
        switch value {
        case .iterable, .loop: true
        default: isSequence(value)
        }
    }

    private func isSequence(_ value: Value) -> Bool {
        switch value {
        case .string, .markup, .list, .tuple, .dictionary, .undefined: true
        case .iterable(let iterable): iterable.kind == .range
        default: false
        }
    }

    /// Jinja's undefined can be called too, and then fails.
    private func isCallable(_ value: Value) -> Bool {
        switch value {
        case .callable, .undefined, .loop: true
        default: false
        }
    }
}
