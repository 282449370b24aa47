/// The tests: `value is name(arguments)`.
extension Renderer {
    func test(_ name: String, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none":
            guard case .none = value else { return false }
            return true
        case "string":
            guard case .string = value else { return false }
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
        case "iterable", "sequence": return isSequence(value)
        case "callable": return isCallable(value)
        case "lower", "upper":
            let text = try value.text()
            try charge(text: text)
            let isUpper = name == "upper"
            return isUpper
                ? text.isSame(as: text.uppercased()) && hasCase(text)
                : text.isSame(as: text.pythonLowercased) && hasCase(text)
        case "odd", "even":
            let remainder = try calculate(.remainder, value, .integer(2))
            return remainder.isEqual(to: .integer(name == "odd" ? 1 : 0))
        case "divisibleby":
            let remainder = try calculate(.remainder, value, try argument(arguments, name))
            return remainder.isEqual(to: .integer(0))
        case "filter": return try isFilter(value)
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
        "sameas": .equal,
    ]

    private func argument(_ arguments: Arguments, _ test: String) throws(TemplateError) -> Value {
        guard let value = arguments.positional.first, arguments.positional.count == 1 else {
            throw TemplateError("the test '\(test)' needs one argument")
        }
        return value
    }

    private func isSequence(_ value: Value) -> Bool {
        switch value {
        case .string, .list, .tuple, .dictionary, .undefined: true
        default: false
        }
    }

    /// Jinja's undefined can be called too, and then fails.
    private func isCallable(_ value: Value) -> Bool {
        switch value {
        case .callable, .undefined: true
        default: false
        }
    }

    private func hasCase(_ text: String) -> Bool { text.unicodeScalars.contains { $0.properties.isCased } }

    private func isFilter(_ value: Value) throws(TemplateError) -> Bool {
        ["tojson", "trim", "items", "length", "string", "join", "map", "default"].contains(try value.text())
    }
}
