internal import JSON

/// Runs one template once: statements in order, into one growing text.
///
/// Every step is charged for, and depth is counted, so that no template runs long, deep or large (`Limits`).
final class Renderer {
    enum Flow {
        case onward
        case breakLoop
        case continueLoop
    }

    let clock: Clock?
    private let template: ChatTemplate
    private var scope = Scope(in: nil)
    private var output = ""
    private var workLeft = Limits.workUnits
    private var depth = 0
    private var line = 1
    /// Emptied at the end: a namespace may hold itself, and a scope a macro that holds the scope.
    private var namespaces: [Namespace] = []
    private var capturedScopes: [Scope] = []

    init(_ template: ChatTemplate, _ clock: Clock?) {
        self.template = template
        self.clock = clock
    }

    func render(_ variables: JSONObject) throws(TemplateError) -> String {
        for (id, name) in template.names.enumerated() {
            if let value = variables[name] { scope.set(id, Value(value)) }
        }
        defer {
            for namespace in namespaces { namespace.members = [] }
            for scope in capturedScopes { scope.removeAll() }
        }
        do {
            _ = try run(template.body)
        } catch {
            throw TemplateError(error.message, raised: error.raised, line: error.line ?? line)
        }
        return output
    }

    // MARK: - Limits

    /// Pays for work that is about to be done.
    func charge(_ units: Int) throws(TemplateError) {
        guard units <= workLeft else { throw TemplateError("the template takes more steps than are allowed") }
        workLeft -= units
    }

    func charge(elements count: Int) throws(TemplateError) {
        let (units, overflow) = count.multipliedReportingOverflow(by: Limits.unitsPerElement)
        try charge(overflow ? .max : units)
    }

    func charge(text: String) throws(TemplateError) { try charge(1 + text.utf8.count / Limits.bytesPerUnit) }

    /// A text that was made, when it is not too long.
    func checked(_ text: String) throws(TemplateError) -> Value {
        guard text.utf8.count <= Limits.textBytes else {
            throw TemplateError("a text is longer than \(Limits.textBytes) bytes")
        }
        try charge(text: text)
        return .string(text)
    }

    func list(_ elements: [Value]) throws(TemplateError) -> Value {
        try charge(elements: elements.count)
        let list = List(elements)
        guard list.depth <= Limits.valueDepth else { throw TemplateError("lists are nested too deep") }
        return .list(list)
    }

    func dictionary(_ members: [(key: Value, value: Value)]) throws(TemplateError) -> Value {
        try charge(elements: members.count)
        for member in members where Key(member.key) == nil {
            throw TemplateError("unhashable type: '\(member.key.typeName)'")
        }
        let dictionary = Dictionary(members)
        guard dictionary.depth <= Limits.valueDepth else {
            throw TemplateError("dictionaries are nested too deep")
        }
        return .dictionary(dictionary)
    }

    func makeNamespace() throws(TemplateError) -> Namespace {
        try charge(elements: 8)
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    /// Goes one level deeper; every `enter` is followed by a `leave`.
    func enter() throws(TemplateError) {
        guard depth < Limits.renderingDepth else { throw TemplateError("the template is nested too deep") }
        depth += 1
    }

    func leave() { depth -= 1 }

    // MARK: - Statements

    private func run(_ statements: [Statement]) throws(TemplateError) -> Flow {
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
        case .loop(let loop): return try run(loop)
        case .conditional(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test).isTrue { return try run(branch.body) }
            return try run(otherwise)
        case .set(let target, let expression): try assign(try evaluate(expression), to: target)
        case .capture(let target, let filters, let body):
            let value = try filtered(try captured(body), filters)
            try assign(value, to: target)
        case .filter(let filters, let body): try write(try filtered(try captured(body), filters).text())
        case .macro(let macro): define(macro)
        case .call(let expression, let caller): try runCall(expression, caller)
        case .with(let assignments, let body): return try run(with: assignments, body)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .onward
    }

    private func write(_ text: String) throws(TemplateError) {
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
    private func written(
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
            namespace[member] = value
        case .tuple(let targets):
            let elements = try elements(of: value)
            guard elements.count == targets.count else {
                throw TemplateError("cannot unpack \(elements.count) values into \(targets.count) names")
            }
            for (element, target) in zip(elements, targets) { try assign(element, to: target) }
        }
    }

    private func run(_ loop: LoopStatement) throws(TemplateError) -> Flow {
        var elements = try elements(of: try evaluate(loop.sequence))
        let outerScope = scope
        defer { scope = outerScope }
        if let condition = loop.condition {
            var kept: [Value] = []
            for element in elements {
                scope = Scope(in: outerScope)
                try charge(Limits.unitsPerStatement)
                try assign(element, to: loop.target)
                if try evaluate(condition).isTrue { kept.append(element) }
            }
            elements = kept
            scope = outerScope
        }
        guard !elements.isEmpty else { return try run(loop.otherwise) }
        let state = Loop(elements)
        for (index, element) in elements.enumerated() {
            try charge(Limits.unitsPerStatement)
            state.index = index
            scope = Scope(in: outerScope)
            scope.loop = state
            try assign(element, to: loop.target)
            if try run(loop.body) == .breakLoop { break }
        }
        return .onward
    }

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

    // MARK: - Macros

    private func define(_ macro: Macro) {
        let callable = self.callable(macro)
        if let id = template.names.firstIndex(of: macro.name) { scope.set(id, .callable(callable)) }
    }

    private func callable(_ macro: Macro) -> Callable {
        let home = scope
        capturedScopes.append(home)
        return Callable(macro.name) { (renderer, arguments) throws(TemplateError) in
            try renderer.call(macro, arguments, home)
        }
    }

    private func runCall(_ expression: Expression, _ caller: Macro) throws(TemplateError) {
        guard case .call(let callee, let list) = expression.kind else { return }
        var arguments = try evaluate(list)
        let function = try evaluate(callee)
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
        if let place = named.firstIndex(where: { $0.name == "caller" }),
            !macro.parameters.contains(where: { $0.name == "caller" })
        {
            if let id = macro.callerID { inner.set(id, named[place].value) }
            named.remove(at: place)
        }
        for (index, parameter) in macro.parameters.enumerated() {
            let given = named.firstIndex { $0.name == parameter.name }
            if index < arguments.positional.count {
                inner.set(parameter.id, arguments.positional[index])
            } else if let given {
                inner.set(parameter.id, named[given].value)
                named.remove(at: given)
            } else if let standard = parameter.standard {
                inner.set(parameter.id, try evaluate(standard, in: inner))
            } else {
                inner.set(parameter.id, .undefined("parameter '\(parameter.name)' was not provided"))
            }
        }
        let extra = Array(arguments.positional.dropFirst(macro.parameters.count))
        if let id = macro.extraPositionalID {
            inner.set(id, .tuple(List(extra)))
        } else if !extra.isEmpty {
            throw TemplateError(
                "macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)"
            )
        }
        if let id = macro.extraNamedID {
            inner.set(id, .dictionary(Dictionary(named.map { (.string($0.name), $0.value) })))
        } else if let first = named.first {
            throw TemplateError("macro '\(macro.name)' takes no keyword argument '\(first.name)'")
        }
    }

    private func evaluate(_ expression: Expression, in inner: Scope) throws(TemplateError) -> Value {
        let outer = scope
        scope = inner
        defer { scope = outer }
        return try evaluate(expression)
    }

    /// The variable, else what the language offers under that name.
    func variable(_ id: NameID) throws(TemplateError) -> Value {
        if let value = scope[id] { return value }
        let name = template.names[id]
        if name == "loop", let loop = scope.enclosingLoop { return .loop(loop) }
        return global(name) ?? .undefined("'\(name)' is undefined")
    }
}
