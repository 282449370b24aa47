internal import JSON

/// Runs one template once: statements in order, into one growing text.
///
/// Every step is charged for, and depth is counted, so that no template runs long, deep or large (`Limits`).
final class Renderer {
    let template: ChatTemplate
    let clock: Clock?
    let globalScope = Scope(in: nil)
    var scope: Scope
    var output = ""
    var line = 1
    private var workLeft = Limits.workUnits
    private var depth = 0
    /// Emptied at the end: a namespace may hold itself, and a scope a macro that holds the scope.
    private var namespaces: [Namespace] = []
    private var capturedScopes: [Scope] = []

    init(_ template: ChatTemplate, _ clock: Clock?) {
        self.template = template
        self.clock = clock
        scope = globalScope
    }

    func render(_ variables: JSONObject) throws(TemplateError) -> String {
        for (id, name) in template.names.enumerated() {
            if let value = variables[name] { scope.set(id, Value(value)) }
        }
        defer {
            for namespace in namespaces { namespace.removeAll() }
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
        guard units <= workLeft else {
            throw TemplateError("the template takes more than \(Limits.stepCount) steps")
        }
        workLeft -= units
    }

    func charge(elements count: Int) throws(TemplateError) {
        let (units, overflow) = count.multipliedReportingOverflow(by: Limits.unitsPerElement)
        try charge(overflow ? .max : units)
    }

    func charge(text: String) throws(TemplateError) { try charge(1 + text.utf8.count / Limits.bytesPerUnit) }

    /// A text that was made, when it is not too long.
    func checked(_ text: String) throws(TemplateError) -> Value {
        try checkLength(text.utf8.count)
        try charge(text: text)
        return .string(text)
    }

    /// A text that was made of `origin`, and is markup when that is.
    func checked(_ text: String, like origin: Value) throws(TemplateError) -> Value {
        try checkLength(text.utf8.count)
        try charge(text: text)
        return origin.sibling(text)
    }

    func checkLength(_ byteCount: Int) throws(TemplateError) {
        guard byteCount <= Limits.textBytes else {
            throw TemplateError("a text is longer than \(Limits.textBytes) bytes")
        }
    }

    func list(_ elements: [Value]) throws(TemplateError) -> Value { .list(try checkedList(elements)) }

    func tuple(_ elements: [Value]) throws(TemplateError) -> Value { .tuple(try checkedList(elements)) }

    func strings(_ elements: [String], like origin: Value) throws(TemplateError) -> Value {
        try list(elements.map { origin.sibling($0) })
    }

    func iterable(
        _ kind: Iterable.Kind,
        _ elements: [Value],
        failure: TemplateError? = nil
    ) throws(TemplateError) -> Value {
        try charge(elements: elements.count)
        let iterable = Iterable(kind, elements, failure: failure)
        try checkDepth(iterable.depth)
        return .iterable(iterable)
    }

    func dictionary(_ members: [(key: Value, value: Value)]) throws(TemplateError) -> Value {
        try charge(elements: members.count)
        for member in members where Key(member.key) == nil {
            throw TemplateError("unhashable type: '\(member.key.typeName)'")
        }
        let dictionary = Dictionary(members)
        try checkDepth(dictionary.depth)
        return .dictionary(dictionary)
    }

    private func checkedList(_ elements: [Value]) throws(TemplateError) -> List {
        try charge(elements: elements.count)
        let list = List(elements)
        try checkDepth(list.depth)
        return list
    }

    private func checkDepth(_ depth: Int) throws(TemplateError) {
        guard depth <= Limits.valueDepth else {
            throw TemplateError("values are nested deeper than \(Limits.valueDepth)")
        }
    }

    func makeNamespace() throws(TemplateError) -> Namespace {
        try charge(elements: 8)
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    /// The scope that a macro is defined in, kept for its calls.
    func captureScope() -> Scope {
        capturedScopes.append(scope)
        return scope
    }

    /// Goes one level deeper; every `enter` is followed by a `leave`.
    func enter() throws(TemplateError) {
        guard depth < Limits.renderingDepth else {
            throw TemplateError("the template is nested deeper than \(Limits.renderingDepth) while it runs")
        }
        depth += 1
    }

    func leave() { depth -= 1 }
}
