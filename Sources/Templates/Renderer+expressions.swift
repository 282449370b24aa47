/// What expressions are worth.
extension Renderer {
    func evaluate(_ expression: Expression) throws(TemplateError) -> Value {
        try enter()
        defer { leave() }
        try charge(1)
        switch expression.kind {
        case .literal(let literal): return Value(literal)
        case .name(let id): return try variable(id)
        case .list(let elements): return try list(try values(of: elements))
        case .tuple(let elements):
            guard case .list(let list) = try list(try values(of: elements)) else { return .none }
            return .tuple(list)
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
        default: return try evaluateOperator(expression.kind)
        }
    }

    private func evaluateOperator(_ kind: Expression.Kind) throws(TemplateError) -> Value {
        switch kind {
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
            guard let otherwise else { return .undefined("the condition was false and there is no else") }
            return try evaluate(otherwise)
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
        case .string(let text):
            guard case .string(let part) = wanted else {
                throw TemplateError("'in <string>' requires string as left operand, not \(wanted.typeName)")
            }
            try charge(text: text)
            return text.contains(text: part)
        case .dictionary(let dictionary): return dictionary[wanted] != nil
        case .list(let list), .tuple(let list):
            try charge(container.weight)
            return list.elements.contains { $0.isEqual(to: wanted) }
        case .undefined: return false
        default: throw TemplateError("argument of type '\(container.typeName)' is not iterable")
        }
    }

    // MARK: - Members

    func member(_ name: String, of value: Value) throws(TemplateError) -> Value {
        switch value {
        case .undefined(let reason): throw TemplateError(reason)
        case .namespace(let namespace): if let member = namespace[name] { return member }
        case .loop(let loop):
            if let member = loop.member(name) { return member }
            if ["cycle", "changed"].contains(name) { return method(name, of: value) }
        case .string: if StringMethod(rawValue: name) != nil { return method(name, of: value) }
        case .dictionary(let dictionary):
            if DictionaryMethod(rawValue: name) != nil { return method(name, of: value) }
            if let member = dictionary[.string(name)] { return member }
        case .list, .tuple: if ["count", "index"].contains(name) { return method(name, of: value) }
        case .callable(let callable): if name == "name" { return .string(callable.name) }
        default: break
        }
        let owner = if case .none = value { "None" } else { value.typeName + " object" }
        return .undefined("'\(owner)' has no attribute '\(name)'")
    }

    private func method(_ name: String, of value: Value) -> Value {
        .callable(
            Callable(name, depth: value.depth + 1) { (renderer, arguments) throws(TemplateError) in
                try renderer.callMethod(name, of: value, arguments) ?? .none
            }
        )
    }

    func element(_ key: Value, of value: Value) throws(TemplateError) -> Value {
        switch value {
        case .undefined(let reason): throw TemplateError(reason)
        case .dictionary(let dictionary):
            try charge(key.weight)
            if let element = dictionary[key] { return element }
        case .list(let list), .tuple(let list):
            if let index = key.asInteger, let place = place(index, list.elements.count) {
                return list.elements[place]
            }
        case .string(let text):
            if let index = key.asInteger {
                try charge(text: text)
                let scalars = text.unicodeScalars
                guard let place = place(index, scalars.count) else {
                    return .undefined("str object has no element \(index)")
                }
                return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: place)]))
            }
        default: break
        }
        if case .string(let name) = key { return try member(name, of: value) }
        return .undefined("\(value.typeName) object has no element \(try key.representation())")
    }

    private func place(_ index: Int, _ count: Int) -> Int? {
        let place = index < 0 ? index + count : index
        return place >= 0 && place < count ? place : nil
    }

    private func evaluate(_ slice: Slice, of value: Value) throws(TemplateError) -> Value {
        let start = try bound(slice.start)
        let stop = try bound(slice.stop)
        let step = try bound(slice.step) ?? 1
        guard step != 0 else { throw TemplateError("slice step cannot be zero") }
        switch value {
        case .undefined(let reason): throw TemplateError(reason)
        case .list(let list):
            return try self.list(try places(start, stop, step, list.elements.count).map { list.elements[$0] })
        case .tuple(let list):
            return .tuple(List(try places(start, stop, step, list.elements.count).map { list.elements[$0] }))
        case .string(let text):
            try charge(text: text)
            let scalars = text.unicodeScalars
            if step == 1 {
                let range = range(start, stop, scalars.count)
                let lower = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
                return .string(String(scalars[lower..<scalars.index(lower, offsetBy: range.count)]))
            }
            let all = Array(scalars)
            var result = String.UnicodeScalarView()
            for place in try places(start, stop, step, all.count) { result.append(all[place]) }
            return .string(String(result))
        default: throw TemplateError("'\(value.typeName)' object is not subscriptable")
        }
    }

    private func bound(_ expression: Expression?) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression)
        if case .none = value { return nil }
        if case .undefined(let reason) = value { throw TemplateError(reason) }
        guard let index = value.asInteger else {
            throw TemplateError("slice indices must be integers or None or have an __index__ method")
        }
        return index
    }

    /// The places that a slice with step 1 names.
    private func range(_ start: Int?, _ stop: Int?, _ count: Int) -> Range<Int> {
        func clamped(_ index: Int) -> Int {
            min(max(index < 0 ? index.addingSaturated(count) : index, 0), count)
        }
        let lower = clamped(start ?? 0)
        return lower..<max(lower, clamped(stop ?? count))
    }

    /// The places that a slice names, as Python counts them.
    private func places(_ start: Int?, _ stop: Int?, _ step: Int, _ count: Int) throws(TemplateError) -> [Int]
    {
        try charge(elements: count)
        let lowest = step > 0 ? 0 : -1
        let highest = step > 0 ? count : count - 1
        func clamped(_ index: Int) -> Int {
            min(max(index < 0 ? index.addingSaturated(count) : index, lowest), highest)
        }
        let first = start.map(clamped) ?? (step > 0 ? lowest : highest)
        let end = stop.map(clamped) ?? (step > 0 ? highest : lowest)
        let bounded = step > 0 ? min(step, count + 1) : max(step, -count - 1)
        return Array(stride(from: first, to: end, by: bounded))
    }

    /// What a loop over the value goes through.
    func elements(of value: Value) throws(TemplateError) -> [Value] {
        switch value {
        case .list(let list), .tuple(let list): return list.elements
        case .dictionary(let dictionary):
            try charge(elements: dictionary.members.count)
            return dictionary.members.map(\.key)
        case .string(let text):
            try charge(elements: text.utf8.count)
            return text.unicodeScalars.map { .string(String($0)) }
        case .undefined: return []
        default: throw TemplateError("'\(value.typeName)' object is not iterable")
        }
    }

    // MARK: - Calls

    func evaluate(_ list: ArgumentList) throws(TemplateError) -> Arguments {
        var arguments = Arguments()
        for expression in list.positional { arguments.positional.append(try evaluate(expression)) }
        for (name, expression) in list.named { arguments.named.append((name, try evaluate(expression))) }
        if let spread = list.spread { arguments.positional += try elements(of: try evaluate(spread)) }
        if let spread = list.namedSpread {
            guard case .dictionary(let dictionary) = try evaluate(spread) else {
                throw TemplateError("argument after ** must be a mapping")
            }
            for case (.string(let name), let value) in dictionary.members {
                arguments.named.append((name, value))
            }
        }
        try charge(arguments.positional.count + arguments.named.count)
        return arguments
    }

    private func evaluateCall(_ callee: Expression, _ list: ArgumentList) throws(TemplateError) -> Value {
        try charge(Limits.unitsPerStatement)
        if case .attribute(let base, let name) = callee.kind {
            let value = try evaluate(base)
            let arguments = try evaluate(list)
            if let result = try callMethod(name, of: value, arguments) { return result }
            return try call(try member(name, of: value), arguments)
        }
        let function = try evaluate(callee)
        return try call(function, try evaluate(list))
    }

    func call(_ function: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch function {
        case .callable(let callable): return try callable.call(self, arguments)
        case .undefined(let reason): throw TemplateError(reason)
        case .loop: throw TemplateError("recursive loops are not supported")
        default: throw TemplateError("'\(function.typeName)' object is not callable")
        }
    }

    /// nil when the value has no such method.
    func callMethod(_ name: String, of value: Value, _ arguments: Arguments) throws(TemplateError) -> Value? {
        switch value {
        case .string(let text):
            guard let method = StringMethod(rawValue: name) else { return nil }
            return try call(method, text, arguments)
        case .dictionary(let dictionary):
            guard let method = DictionaryMethod(rawValue: name) else { return nil }
            return try call(method, dictionary, arguments)
        case .list(let list), .tuple(let list): return try callListMethod(name, list, arguments)
        case .loop(let loop): return try callLoopMethod(name, loop, arguments)
        default: return nil
        }
    }
}
