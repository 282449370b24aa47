public import JSON

/// Tells whether the arguments of calls could be held to some schemas, all of them within one limit.
public struct ArgumentsCheck {
    private var compiler: Result<SchemaCompiler, ConstraintError>
    /// The grammar's part for each schema.
    private var parts: [Int] = []
    /// Tools that take the same arguments are many in some requests.
    private var known: [JSONValue: Int] = [:]

    public init() {
        do throws(ConstraintError) {
            compiler = .success(SchemaCompiler(try Grammar()))
        } catch {
            compiler = .failure(error)
        }
    }

    /// Throws what is wrong with one more schema.
    public mutating func add(_ schema: JSONValue) throws(ConstraintError) {
        if let part = known[schema] { return parts.append(part) }
        var compiler = try compiler.get()
        let part = try compiler.arguments(of: schema, .object(.json))
        parts.append(part)
        known[schema] = part
        self.compiler = .success(compiler)
    }

    /// The first of the schemas that no object can satisfy; nil if there is none.
    ///
    /// Asked once behind the last of them: it looks at the whole grammar.
    public mutating func firstImpossible() throws(ConstraintError) -> Int? {
        var compiler = try compiler.get()
        let heights = try GrammarHeights(compiler.grammar, &compiler.budget)
        return parts.firstIndex { heights[$0] == nil }
    }
}
