/// What expressions are worth.
extension Renderer {
    func evaluate(_ expression: Expression) throws(TemplateError) -> Value {
        try enter()
        defer { leave() }
        try charge(1)
        switch expression.kind {
        case .literal(let literal): return Value(literal)
        case .name(let id): return variable(id)
        case .list(let elements): return try list(try values(of: elements))
        case .tuple(let elements): return try tuple(try values(of: elements))
        case .dictionary(let members): return try evaluate(members)
        case .attribute(let base, let name): return try member(name, of: try evaluate(base))
        case .element(let base, let key):
            let value = try evaluate(base)
            return try element(try evaluate(key), of: value)
        case .slice(let base, let slice): return try evaluate(slice, of: try evaluate(base))
        case .call(let callee, let arguments): return try evaluateCall(callee, arguments)
        case .filter(let base, let call):
            let value = try evaluate(base)
            return try apply(filter: call.name, to: value, try evaluate(call.arguments))
        case .test(let base, let name, let arguments):
            let value = try evaluate(base)
            return .bool(try test(name, value, try evaluate(arguments)))
        case .join(let parts): return try join(parts)
        default: return try evaluateOperator(expression)
        }
    }

    private func evaluateOperator(_ expression: Expression) throws(TemplateError) -> Value {
        switch expression.kind {
        case .not(let base): return .bool(try !evaluate(base).isTrue)
        case .negative(let base): return try Arithmetic.negative(try evaluate(base))
        case .positive(let base): return try Arithmetic.positive(try evaluate(base))
        case .binary(let sign, let left, let right):
            let first = try evaluate(left)
            return try calculate(sign, first, try evaluate(right))
        case .and(let left, let right):
            let first = try evaluate(left)
            return first.isTrue ? try evaluate(right) : first
        case .or(let left, let right):
            let first = try evaluate(left)
            return first.isTrue ? first : try evaluate(right)
        case .comparison(let first, let operands): return .bool(try compare(first, operands))
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test).isTrue { return try evaluate(then) }
            if let otherwise { return try evaluate(otherwise) }
            return .undefined(
                "the inline if-expression on line \(expression.line) evaluated to false and no else section "
                    + "was defined."
            )
        default: return .none
        }
    }

    private func values(of expressions: [Expression]) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    private func evaluate(_ members: [(key: Expression, value: Expression)]) throws(TemplateError) -> Value {
        var values: [(key: Value, value: Value)] = []
        for member in members {
            let key = try evaluate(member.key)
            values.append((key, try evaluate(member.value)))
        }
        return try dictionary(values)
    }

    private func join(_ parts: [Expression]) throws(TemplateError) -> Value {
        var text = ""
        for part in parts {
            let value = try evaluate(part)
            try charge(value.weight)
            text += try value.text()
            guard text.utf8.count <= Limits.textBytes else { break }
        }
        return try checked(text)
    }

    private func compare(
        _ first: Expression,
        _ operands: [(sign: ComparisonOperator, operand: Expression)]
    ) throws(TemplateError) -> Bool {
        var left = try evaluate(first)
        for (sign, operand) in operands {
            let right = try evaluate(operand)
            guard try holds(sign, left, right) else { return false }
            left = right
        }
        return true
    }

    func holds(
        _ comparison: ComparisonOperator,
        _ left: Value,
        _ right: Value
    ) throws(TemplateError) -> Bool {
        try charge(min(left.weight, right.weight))
        switch comparison {
        case .equal: return left.isEqual(to: right)
        case .notEqual: return !left.isEqual(to: right)
        case .contained: return try contains(right, left)
        case .notContained: return try !contains(right, left)
        case .less: return try less(left, right, "<")
        case .greater: return try less(right, left, ">")
        case .lessOrEqual:
            return try less(left, right, "<=") || left.isEqual(to: right)
        case .greaterOrEqual:
            return try less(right, left, ">=") || left.isEqual(to: right)
        }
    }

    func less(_ left: Value, _ right: Value, _ sign: String) throws(TemplateError) -> Bool {
        for case .undefined(let reason) in [left, right] { throw TemplateError(reason) }
        guard let isLess = left.isLess(than: right) else {
            throw TemplateError(
                "'\(sign)' not supported between instances of '\(left.typeName)' and '\(right.typeName)'"
            )
        }
        return isLess
    }

    private func contains(_ container: Value, _ wanted: Value) throws(TemplateError) -> Bool {
        switch container {
        case .string(let text), .markup(let text):
            guard let part = wanted.asText else {
                throw TemplateError("'in <string>' requires string as left operand, not \(wanted.typeName)")
            }
            try charge(text: text)
            return text.contains(text: part)
        case .dictionary(let dictionary):
            try charge(wanted.weight)
            guard Key(wanted) != nil else { throw TemplateError("unhashable type: '\(wanted.typeName)'") }
            return dictionary[wanted] != nil
        case .list(let list), .tuple(let list):
            try charge(container.weight)
            return list.elements.contains { $0.isEqual(to: wanted) }
        case .iterable(let iterable):
            try charge(container.weight)
            return try iterable.rest().contains { $0.isEqual(to: wanted) }
        case .undefined: return false
        default: throw TemplateError("argument of type '\(container.typeName)' is not iterable")
        }
    }

    /// The variable, else what the language offers under that name.
    private func variable(_ id: NameID) -> Value {
        if let value = scope[id] { return value }
        let name = template.names[id]
        return global(name) ?? .undefined("'\(name)' is undefined")
    }

    // MARK: - Calls

    func evaluate(_ list: ArgumentList) throws(TemplateError) -> Arguments {
        var arguments = Arguments()
        for expression in list.positional { arguments.positional.append(try evaluate(expression)) }
        for (name, expression) in list.named { arguments.named.append((name, try evaluate(expression))) }
        if let spread = list.spread { arguments.positional += try elements(of: try evaluate(spread)) }
        if let spread = list.namedSpread {
            let mapping = try evaluate(spread)
            guard case .dictionary(let dictionary) = mapping else {
                throw TemplateError("argument after ** must be a mapping, not \(mapping.typeName)")
            }
            for member in dictionary.members {
                guard let name = member.key.asText else { throw TemplateError("keywords must be strings") }
                guard arguments[name] == nil else {
                    throw TemplateError("got multiple values for keyword argument '\(name)'")
                }
                arguments.named.append((name, member.value))
            }
        }
        try charge(arguments.positional.count + arguments.named.count)
        return arguments
    }

    private func evaluateCall(_ callee: Expression, _ list: ArgumentList) throws(TemplateError) -> Value {
        try charge(Limits.unitsPerStatement)
        guard case .attribute(let base, let name) = callee.kind else {
            let function = try evaluate(callee)
            return try call(function, try evaluate(list))
        }
        let value = try evaluate(base)
        if hasMethod(name, value) { return try callMethod(name, of: value, try evaluate(list)) }
        let function = try member(name, of: value)
        return try call(function, try evaluate(list))
    }

    func call(_ function: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch function {
        case .callable(let callable): return try callable.call(self, arguments)
        case .undefined(let reason): throw TemplateError(reason)
        case .loop(let loop):
            guard let recurse = loop.recurse else {
                throw TemplateError(
                    "The loop must have the 'recursive' marker to be called recursively."
                )
            }
            return try recurse(self, try arguments.required(["iterable"], of: "loop")[0])
        default: throw TemplateError("'\(function.typeName)' object is not callable")
        }
    }
}
