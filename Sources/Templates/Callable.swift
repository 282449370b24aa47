/// A function: of the language, of a value, or a macro.
final class Callable {
    let name: String
    /// As Python's messages name what it is.
    let typeName: String
    /// That of the values that it holds.
    let depth: Int
    let call: (Renderer, Arguments) throws(TemplateError) -> Value
    /// Its members, by name.
    let member: (String) -> Value?

    init(
        _ name: String,
        typeName: String = "function",
        depth: Int = 0,
        member: @escaping (String) -> Value? = { _ in nil },
        _ call: @escaping (Renderer, Arguments) throws(TemplateError) -> Value
    ) {
        self.name = name
        self.typeName = typeName
        self.depth = depth
        self.member = member
        self.call = call
    }

    /// How it is printed.
    var description: String { name == "caller" ? "<Macro anonymous>" : "<\(typeName) '\(name)'>" }
}

extension Value {
    static func function(
        _ name: String,
        _ body: @escaping (Renderer, Arguments) throws(TemplateError) -> Value
    ) -> Value {
        .callable(Callable(name, body))
    }
}
