/// The values for the places of a `{}` format, in order or by name, and what is looked up in them.
struct BraceFields {
    let isMarkup: Bool
    private let arguments: Arguments
    /// The number of the next `{}`; nil once a field said its number itself.
    private var next: Int? = 0
    private var isNumbered = false

    init(_ arguments: Arguments, isMarkup: Bool) {
        self.arguments = arguments
        self.isMarkup = isMarkup
    }

    /// What stands between the braces: `name.member[key]!r:>5`.
    struct Field {
        private(set) var name = ""
        private(set) var conversion: Unicode.Scalar?
        private(set) var specification = ""

        /// Takes everything up to the closing brace.
        init(taking rest: inout Substring.UnicodeScalarView) throws(TemplateError) {
            var depth = 1
            var text = String.UnicodeScalarView()
            while let scalar = rest.popFirst() {
                if scalar == "{" { depth += 1 }
                if scalar == "}" { depth -= 1 }
                if depth == 0 {
                    try split(text)
                    return
                }
                text.append(scalar)
            }
            throw TemplateError("a format field has no closing brace")
        }

        private mutating func split(_ text: String.UnicodeScalarView) throws(TemplateError) {
            let end = text.firstIndex { $0 == "!" || $0 == ":" } ?? text.endIndex
            name = String(text[..<end])
            var rest = text[end...]
            if rest.first == "!" {
                conversion = rest.dropFirst().first
                rest = rest.dropFirst(2)
                guard rest.isEmpty || rest.first == ":" else {
                    throw TemplateError("expected ':' after conversion specifier")
                }
            }
            specification = String(rest.dropFirst())
        }
    }

    mutating func value(of field: Field, renderer: Renderer) throws(TemplateError) -> Value {
        let name = field.name.unicodeScalars
        let end = name.firstIndex { $0 == "." || $0 == "[" } ?? name.endIndex
        var value = try argument(String(name[..<end]))
        var rest = name[end...]
        while let scalar = rest.popFirst() {
            if scalar == "." {
                let stop = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
                value = try renderer.member(String(rest[..<stop]), of: value)
                rest = rest[stop...]
            } else if let stop = rest.firstIndex(of: "]") {
                let key = String(rest[..<stop])
                value = try renderer.element(Int(key).map(Value.integer) ?? .string(key), of: value)
                rest = rest[rest.index(after: stop)...]
            } else {
                throw TemplateError("Missing ']' in format string")
            }
        }
        return value
    }

    private mutating func argument(_ name: String) throws(TemplateError) -> Value {
        var place = Int(name)
        if name.isEmpty {
            guard !isNumbered, let next else {
                throw TemplateError(
                    "cannot switch from manual field specification to automatic field numbering"
                )
            }
            place = next
            self.next = next + 1
        } else if place != nil {
            guard next == 0 || next == nil else {
                throw TemplateError(
                    "cannot switch from automatic field numbering to manual field specification"
                )
            }
            isNumbered = true
        }
        guard let place else {
            guard let value = arguments[name] else {
                throw TemplateError(try Value.string(name).representation())
            }
            return value
        }
        guard arguments.positional.indices.contains(place) else {
            throw TemplateError("tuple index out of range")
        }
        return arguments.positional[place]
    }
}
