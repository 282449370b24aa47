/// What statements do.
extension Renderer {
    enum Flow {
        case onward
        case breakLoop
        case continueLoop
    }

    func run(_ statements: [Statement]) throws(TemplateError) -> Flow {
        try enter()
        defer { leave() }
        for statement in statements {
            line = statement.line
            try charge(Limits.unitsPerStatement)
            let flow = try run(statement.kind)
            if flow != .onward { return flow }
        }
        return .onward
    }

    private func run(_ statement: Statement.Kind) throws(TemplateError) -> Flow {
        switch statement {
        case .text(let text): try write(text)
        case .output(let expression): try writeValue(of: expression)
        case .print(let expressions): for expression in expressions { try writeValue(of: expression) }
        case .loop(let loop): return try run(loop, over: try evaluate(loop.sequence), level: 0)
        case .conditional(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test).isTrue { return try run(branch.body) }
            return try run(otherwise)
        case .set(let target, let expression): try assign(try evaluate(expression), to: target)
        case .capture(let target, let filters, let body):
            try assign(try filtered(try captured(body), filters), to: target)
        case .filter(let filters, let body):
            let value = try filtered(try captured(body), filters)
            guard let text = value.asText else {
                throw TemplateError("sequence item 0: expected str instance, \(value.typeName) found")
            }
            try write(text)
        case .macro(let macro): define(macro)
        case .call(let expression, let caller): try runCall(expression, caller)
        case .with(let assignments, let body): return try run(with: assignments, body)
        case .autoescape(let expression, let body): return try run(autoescape: expression, body)
        case .block(let block): try write(try text(of: block, in: block.isScoped ? scope : globalScope))
        case .unavailable(let problem): throw TemplateError(problem)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .onward
    }

    func write(_ text: String) throws(TemplateError) {
        try charge(text.utf8.count / Limits.bytesPerUnit)
        guard output.utf8.count + text.utf8.count <= Limits.outputBytes else {
            throw TemplateError("the template writes more than \(Limits.outputBytes) bytes")
        }
        output += text
    }

    private func writeValue(of expression: Expression) throws(TemplateError) {
        let value = try evaluate(expression)
        try charge(value.weight)
        try write(try value.text())
    }

    /// What `body` writes, in a scope of its own.
    private func captured(_ body: [Statement]) throws(TemplateError) -> Value {
        .string(try written(in: Scope(in: scope)) { () throws(TemplateError) in _ = try run(body) })
    }

    /// What `action` writes while `inner` is the scope.
    func written(
        in inner: Scope,
        _ action: () throws(TemplateError) -> Void
    ) throws(TemplateError) -> String {
        let outerScope = scope
        let outerOutput = output
        scope = inner
        output = ""
        defer {
            scope = outerScope
            output = outerOutput
        }
        try action()
        return output
    }

    private func filtered(_ value: Value, _ filters: [FilterCall]) throws(TemplateError) -> Value {
        var value = value
        for filter in filters {
            value = try apply(filter: filter.name, to: value, try evaluate(filter.arguments))
        }
        return value
    }

    private func assign(_ value: Value, to target: Target) throws(TemplateError) {
        switch target {
        case .name(let id): scope.set(id, value)
        case .attribute(let id, let member):
            guard case .namespace(let namespace)? = scope[id] else {
                throw TemplateError("cannot assign attribute on non-namespace object")
            }
            try charge(namespace.members.count)
            try namespace.set(member, value)
        case .tuple(let targets):
            switch value {
            case .none, .bool, .integer, .float:
                throw TemplateError("cannot unpack non-iterable \(value.typeName) object")
            default: break
            }
            let elements = try elements(of: value)
            guard elements.count == targets.count else {
                throw TemplateError(
                    elements.count < targets.count
                        ? "not enough values to unpack (expected \(targets.count), got \(elements.count))"
                        : "too many values to unpack (expected \(targets.count))"
                )
            }
            for (element, target) in zip(elements, targets) { try assign(element, to: target) }
        }
    }

    // MARK: - Loops

    private func run(_ loop: LoopStatement, over value: Value, level: Int) throws(TemplateError) -> Flow {
        let outerScope = scope
        defer { scope = outerScope }
        let elements = try kept(try elements(of: value), by: loop, in: outerScope)
        var state: Loop?
        if loop.loopID != nil { state = makeLoop(loop, elements, outerScope, level) }
        var isCompleted = false
        for (index, element) in elements.enumerated() {
            try charge(Limits.unitsPerStatement)
            scope = Scope(in: outerScope)
            try assign(element, to: loop.target)
            if let state, let id = loop.loopID {
                state.index = index
                scope.set(id, .loop(state))
            }
            let flow = try run(loop.body)
            if flow == .onward { isCompleted = true }
            if flow == .breakLoop { break }
        }
        scope = outerScope
        // As in Jinja, where a round that `break` or `continue` ends does not count.
        return isCompleted ? .onward : try run(loop.otherwise)
    }

    /// The elements for which the loop's condition holds.
    private func kept(
        _ elements: [Value],
        by loop: LoopStatement,
        in outerScope: Scope
    ) throws(TemplateError) -> [Value] {
        guard let condition = loop.condition else { return elements }
        var kept: [Value] = []
        for element in elements {
            scope = Scope(in: outerScope)
            try charge(Limits.unitsPerStatement)
            try assign(element, to: loop.target)
            if try evaluate(condition).isTrue { kept.append(element) }
        }
        return kept
    }

    private func makeLoop(
        _ statement: LoopStatement,
        _ elements: [Value],
        _ home: Scope,
        _ level: Int
    ) -> Loop {
        guard statement.isRecursive else { return Loop(elements) }
        return Loop(elements, level: level) { (renderer, value) throws(TemplateError) in
            try renderer.enter()
            defer { renderer.leave() }
            return .string(
                try renderer.written(in: home) { () throws(TemplateError) in
                    _ = try renderer.run(statement, over: value, level: level + 1)
                }
            )
        }
    }

    // MARK: - Other blocks

    private func run(
        with assignments: [(target: Target, value: Expression)],
        _ body: [Statement]
    ) throws(TemplateError) -> Flow {
        let outerScope = scope
        defer { scope = outerScope }
        let inner = Scope(in: outerScope)
        var values: [Value] = []
        for assignment in assignments { values.append(try evaluate(assignment.value)) }
        scope = inner
        for (assignment, value) in zip(assignments, values) { try assign(value, to: assignment.target) }
        return try run(body)
    }

    /// Chat templates are no HTML: only `false` is possible.
    private func run(autoescape: Expression, _ body: [Statement]) throws(TemplateError) -> Flow {
        guard try !evaluate(autoescape).isTrue else {
            throw TemplateError("the autoescape block is not supported with true")
        }
        return try run(with: [], body)
    }

    /// Blocks see the variables of the whole template only, not those of a loop around them.
    func text(of block: BlockStatement, in outer: Scope) throws(TemplateError) -> String {
        try enter()
        defer { leave() }
        return try written(in: Scope(in: outer)) { () throws(TemplateError) in _ = try run(block.body) }
    }
}
