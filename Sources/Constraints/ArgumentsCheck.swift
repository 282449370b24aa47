public import JSON

/// Tells whether the arguments of calls could be held to some schemas, all of them within one limit.
public struct ArgumentsCheck {
    private var compiler: Result<SchemaCompiler, ConstraintError>

    public init() {
        do throws(ConstraintError) {
            compiler = .success(SchemaCompiler(try Grammar()))
        } catch {
            compiler = .failure(error)
        }
    }

    /// Throws what is wrong with one more schema.
    public mutating func add(_ schema: JSONValue) throws(ConstraintError) {
        var compiler = try compiler.get()
        let part = try compiler.arguments(of: schema, .object(.json))
        guard try GrammarHeights(compiler.grammar, &compiler.budget)[part] != nil else {
            throw ConstraintError("no object can satisfy the schema")
        }
        self.compiler = .success(compiler)
    }
}
