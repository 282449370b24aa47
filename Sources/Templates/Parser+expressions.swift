/// Expressions, loosest binding first: `if`, `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, `**`,
/// signs, then what follows a value (`.x`, `[x]`, `(x)`, `|x`, `is x`).
extension Parser {
    mutating func expression(allowsCondition: Bool = true) throws(TemplateError) -> Expression {
        expressionNesting += 1
        defer { expressionNesting -= 1 }
        guard expressionNesting <= Limits.statementNesting else { throw tooDeep() }
        guard allowsCondition else { return try disjunction() }
        var result = try disjunction()
        while case let line = current.line, skip(name: "if") {
            let test = try disjunction()
            let otherwise = skip(name: "else") ? try expression() : nil
            let children = [result, test] + (otherwise.map { [$0] } ?? [])
            result = try node(.conditional(test: test, then: result, otherwise: otherwise), line, children)
        }
        return result
    }

    /// One expression, or several with commas between.
    mutating func tuple(allowsCondition: Bool = true) throws(TemplateError) -> Expression {
        let line = current.line
        let first = try expression(allowsCondition: allowsCondition)
        guard isSymbol(",") else { return first }
        var elements = [first]
        while skip(symbol: ","), !isTupleEnd {
            elements.append(try expression(allowsCondition: allowsCondition))
        }
        return try node(.tuple(elements), line, elements)
    }

    private var isTupleEnd: Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .end, .symbol(")"): true
        default: false
        }
    }

    private func tooDeep() -> TemplateError {
        TemplateError("an expression is nested too deep", line: current.line)
    }

    private func node(
        _ kind: Expression.Kind,
        _ line: Int,
        _ children: [Expression]
    ) throws(TemplateError) -> Expression {
        let expression = Expression(kind, line: line, over: children)
        guard expression.height <= Limits.expressionHeight else { throw tooDeep() }
        return expression
    }

    // MARK: - Operators

    private mutating func disjunction() throws(TemplateError) -> Expression {
        var left = try conjunction()
        while case let line = current.line, skip(name: "or") {
            let right = try conjunction()
            left = try node(.or(left, right), line, [left, right])
        }
        return left
    }

    private mutating func conjunction() throws(TemplateError) -> Expression {
        var left = try negation()
        while case let line = current.line, skip(name: "and") {
            let right = try negation()
            left = try node(.and(left, right), line, [left, right])
        }
        return left
    }

    private mutating func negation() throws(TemplateError) -> Expression {
        let line = current.line
        var count = 0
        while skip(name: "not") { count += 1 }
        var result = try comparison()
        for _ in 0..<count { result = try node(.not(result), line, [result]) }
        return result
    }

    private mutating func comparison() throws(TemplateError) -> Expression {
        let line = current.line
        let first = try sum()
        var operands: [(sign: ComparisonOperator, operand: Expression)] = []
        while let comparison = takeComparisonOperator() { operands.append((comparison, try sum())) }
        if operands.isEmpty { return first }
        return try node(.comparison(first, operands), line, [first] + operands.map(\.operand))
    }

    private mutating func takeComparisonOperator() -> ComparisonOperator? {
        if case .symbol(let symbol) = current.kind, let comparison = ComparisonOperator(rawValue: symbol) {
            place += 1
            return comparison
        }
        if skip(name: "in") { return .contained }
        guard isName("not"), peek(1) == .name("in") else { return nil }
        place += 2
        return .notContained
    }

    private mutating func takeOperator(_ symbols: [String]) -> BinaryOperator? {
        guard case .symbol(let symbol) = current.kind, symbols.contains(symbol) else { return nil }
        place += 1
        return BinaryOperator(rawValue: symbol)
    }

    private mutating func sum() throws(TemplateError) -> Expression {
        var left = try joining()
        while case let line = current.line, let sign = takeOperator(["+", "-"]) {
            let right = try joining()
            left = try node(.binary(sign, left, right), line, [left, right])
        }
        return left
    }

    private mutating func joining() throws(TemplateError) -> Expression {
        let line = current.line
        var parts = [try product()]
        while skip(symbol: "~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try node(.join(parts), line, parts)
    }

    private mutating func product() throws(TemplateError) -> Expression {
        var left = try power()
        while case let line = current.line, let sign = takeOperator(["*", "/", "//", "%"]) {
            let right = try power()
            left = try node(.binary(sign, left, right), line, [left, right])
        }
        return left
    }

    private mutating func power() throws(TemplateError) -> Expression {
        var left = try signed()
        while case let line = current.line, let sign = takeOperator(["**"]) {
            let right = try signed()
            left = try node(.binary(sign, left, right), line, [left, right])
        }
        return left
    }

    private mutating func signed() throws(TemplateError) -> Expression {
        let line = current.line
        var isNegative: [Bool] = []
        while isSymbol("-") || isSymbol("+") {
            isNegative.append(isSymbol("-"))
            place += 1
        }
        var result = try followed(try primary())
        for negative in isNegative.reversed() {
            result = try node(negative ? .negative(result) : .positive(result), line, [result])
        }
        return try filtered(result)
    }

    // MARK: - Values and what follows them

    private mutating func primary() throws(TemplateError) -> Expression {
        let line = current.line
        let kind = current.kind
        switch kind {
        case .name(let name):
            place += 1
            return try node(word(name), line, [])
        case .string(var text):
            place += 1
            while case .string(let more) = current.kind {
                text += more
                place += 1
            }
            return try node(.literal(.string(text)), line, [])
        case .integer(let value):
            place += 1
            return try node(.literal(.integer(value)), line, [])
        case .float(let value):
            place += 1
            return try node(.literal(.float(value)), line, [])
        case .symbol("("): return try parenthesized(line)
        case .symbol("["):
            place += 1
            let elements = try elements(until: "]")
            return try node(.list(elements), line, elements)
        case .symbol("{"): return try dictionary(line)
        default: throw unexpected("an expression")
        }
    }

    private mutating func word(_ name: String) -> Expression.Kind {
        switch name {
        case "true", "True": .literal(.bool(true))
        case "false", "False": .literal(.bool(false))
        case "none", "None": .literal(.none)
        default: .name(id(of: name))
        }
    }

    private mutating func parenthesized(_ line: Int) throws(TemplateError) -> Expression {
        place += 1
        if skip(symbol: ")") { return try node(.tuple([]), line, []) }
        let inner = try tuple()
        try expect(symbol: ")")
        return inner
    }

    private mutating func elements(until end: String) throws(TemplateError) -> [Expression] {
        var elements: [Expression] = []
        while !isSymbol(end) {
            if !elements.isEmpty { try expect(symbol: ",") }
            if isSymbol(end) { break }
            elements.append(try expression())
        }
        try expect(symbol: end)
        return elements
    }

    private mutating func dictionary(_ line: Int) throws(TemplateError) -> Expression {
        place += 1
        var members: [(key: Expression, value: Expression)] = []
        while !isSymbol("}") {
            if !members.isEmpty { try expect(symbol: ",") }
            if isSymbol("}") { break }
            let key = try expression()
            try expect(symbol: ":")
            members.append((key, try expression()))
        }
        try expect(symbol: "}")
        return try node(.dictionary(members), line, members.flatMap { [$0.key, $0.value] })
    }

    private mutating func followed(_ start: Expression) throws(TemplateError) -> Expression {
        var result = start
        while true {
            let line = current.line
            if skip(symbol: ".") {
                result = try member(of: result, line)
            } else if skip(symbol: "[") {
                result = try subscripted(result, line)
            } else if isSymbol("(") {
                let arguments = try arguments()
                result = try node(.call(result, arguments), line, [result] + arguments.expressions)
            } else {
                return result
            }
        }
    }

    private mutating func member(of base: Expression, _ line: Int) throws(TemplateError) -> Expression {
        if case .integer(let index) = current.kind {
            place += 1
            let element = try node(.literal(.integer(index)), line, [])
            return try node(.element(base, element), line, [base, element])
        }
        return try node(.attribute(base, try takeName()), line, [base])
    }

    private mutating func subscripted(_ base: Expression, _ line: Int) throws(TemplateError) -> Expression {
        var slice = Slice()
        if !isSymbol(":") {
            let index = try tuple()
            if skip(symbol: "]") { return try node(.element(base, index), line, [base, index]) }
            slice.start = index
        }
        try expect(symbol: ":")
        if !isSymbol(":"), !isSymbol("]") { slice.stop = try expression() }
        if skip(symbol: ":"), !isSymbol("]") { slice.step = try expression() }
        try expect(symbol: "]")
        return try node(.slice(base, slice), line, [base] + slice.parts)
    }

    private mutating func filtered(_ start: Expression) throws(TemplateError) -> Expression {
        var result = start
        while true {
            let line = current.line
            if skip(symbol: "|") {
                let call = try filterCall()
                result = try node(.filter(result, call), line, [result] + call.arguments.expressions)
            } else if skip(name: "is") {
                result = try test(result, line)
            } else if isSymbol("(") {
                let arguments = try arguments()
                result = try node(.call(result, arguments), line, [result] + arguments.expressions)
            } else {
                return result
            }
        }
    }

    mutating func filterCall() throws(TemplateError) -> FilterCall {
        let name = try takeName()
        return FilterCall(name: name, arguments: isSymbol("(") ? try arguments() : ArgumentList())
    }

    private mutating func test(_ value: Expression, _ line: Int) throws(TemplateError) -> Expression {
        let isNegated = skip(name: "not")
        let name = try takeName()
        var arguments = ArgumentList()
        if isSymbol("(") {
            arguments = try self.arguments()
        } else if startsTestArgument {
            arguments.positional = [try followed(try primary())]
        }
        let result = try node(.test(value, name, arguments), line, [value] + arguments.expressions)
        return isNegated ? try node(.not(result), line, [result]) : result
    }

    private var startsTestArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and", "is", "if", "in", "not"].contains(name)
        case .string, .integer, .float, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    private mutating func arguments() throws(TemplateError) -> ArgumentList {
        try expect(symbol: "(")
        var list = ArgumentList()
        var isFirst = true
        while !isSymbol(")") {
            if !isFirst { try expect(symbol: ",") }
            if isSymbol(")") { break }
            isFirst = false
            if skip(symbol: "**") {
                guard list.namedSpread == nil else { throw unexpected() }
                list.namedSpread = try expression()
            } else if skip(symbol: "*") {
                guard list.spread == nil, list.namedSpread == nil else { throw unexpected() }
                list.spread = try expression()
            } else if case .name(let name) = current.kind, peek(1) == .symbol("=") {
                place += 2
                list.named.append((name, try expression()))
            } else {
                guard list.named.isEmpty, list.spread == nil, list.namedSpread == nil else {
                    throw unexpected()
                }
                list.positional.append(try expression())
            }
        }
        try expect(symbol: ")")
        return list
    }
}
