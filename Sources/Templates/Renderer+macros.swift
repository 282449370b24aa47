/// Macros: defined once, called with values, and what they write is what they return.
extension Renderer {
    func define(_ macro: Macro) { scope.set(macro.id, .callable(callable(macro))) }

    private func callable(_ macro: Macro) -> Callable {
        let home = captureScope()
        return Callable(
            macro.name,
            typeName: "Macro",
            member: { name in
                switch name {
                case "name": .string(macro.name)
                case "arguments": .tuple(List(macro.parameters.map { .string($0.name) }))
                case "catch_kwargs": .bool(macro.extraNamedID != nil)
                case "catch_varargs": .bool(macro.extraPositionalID != nil)
                case "caller": .bool(macro.callerID != nil)
                default: nil
                }
            }
        ) { (renderer, arguments) throws(TemplateError) in
            try renderer.call(macro, arguments, home)
        }
    }

    func runCall(_ expression: Expression, _ caller: Macro) throws(TemplateError) {
        guard case .call(let callee, let list) = expression.kind else { return }
        let function = try evaluate(callee)
        var arguments = try evaluate(list)
        arguments.named.append(("caller", .callable(callable(caller))))
        try write(try call(function, arguments).text())
    }

    private func call(_ macro: Macro, _ arguments: Arguments, _ home: Scope) throws(TemplateError) -> Value {
        try enter()
        defer { leave() }
        try charge(Limits.unitsPerStatement)
        let inner = Scope(in: home)
        try bind(macro, arguments, inner)
        let outerLine = line
        defer { line = outerLine }
        return .string(try written(in: inner) { () throws(TemplateError) in _ = try run(macro.body) })
    }

    private func bind(_ macro: Macro, _ arguments: Arguments, _ inner: Scope) throws(TemplateError) {
        var named = arguments.named
        func take(_ name: String) -> Value? {
            named.firstIndex { $0.name == name }.map { named.remove(at: $0).value }
        }
        var missing: [Parameter] = []
        for (index, parameter) in macro.parameters.enumerated() {
            if index < arguments.positional.count {
                inner.set(parameter.id, arguments.positional[index])
            } else if let value = take(parameter.name) {
                inner.set(parameter.id, value)
            } else {
                inner.set(parameter.id, .undefined("parameter '\(parameter.name)' was not provided"))
                missing.append(parameter)
            }
        }
        if let id = macro.callerID, !macro.parameters.contains(where: { $0.name == "caller" }) {
            inner.set(id, take("caller") ?? .undefined("No caller defined"))
        }
        try bindExtra(macro, arguments, named, inner)
        for parameter in missing {
            if let standard = parameter.standard {
                inner.set(parameter.id, try evaluate(standard, in: inner))
            }
        }
    }

    private func bindExtra(
        _ macro: Macro,
        _ arguments: Arguments,
        _ named: [(name: String, value: Value)],
        _ inner: Scope
    ) throws(TemplateError) {
        if let id = macro.extraNamedID {
            inner.set(id, .dictionary(Dictionary(named.map { (.string($0.name), $0.value) })))
        } else if named.contains(where: { $0.name == "caller" }) {
            throw TemplateError(
                "macro '\(macro.name)' was invoked with two values for the special caller argument. "
                    + "This is most likely a bug."
            )
        } else if let first = named.first {
            throw TemplateError("macro '\(macro.name)' takes no keyword argument '\(first.name)'")
        }
        let extra = Array(arguments.positional.dropFirst(macro.parameters.count))
        if let id = macro.extraPositionalID {
            inner.set(id, .tuple(List(extra)))
        } else if !extra.isEmpty {
            throw TemplateError(
                "macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)"
            )
        }
    }

    private func evaluate(_ expression: Expression, in inner: Scope) throws(TemplateError) -> Value {
        let outer = scope
        scope = inner
        defer { scope = outer }
        return try evaluate(expression)
    }
}
