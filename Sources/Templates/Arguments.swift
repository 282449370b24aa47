/// The values that a function, filter or test is called with.
struct Arguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    subscript(_ name: String) -> Value? { named.first { $0.name.isSame(as: name) }?.value }

    /// Puts every value at its parameter, nil where none was given; too many or unknown ones are an error.
    func bound(to parameters: [String], of function: String) throws(TemplateError) -> [Value?] {
        guard positional.count <= parameters.count else {
            throw TemplateError(
                "\(function)() takes at most \(parameters.count) arguments (\(positional.count) given)"
            )
        }
        var values: [Value?] = positional.map { $0 }
        values += Array(repeating: nil, count: parameters.count - positional.count)
        for (name, value) in named {
            guard let place = parameters.firstIndex(of: name) else {
                throw TemplateError("\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard case nil = values[place] else {
                throw TemplateError("\(function)() got multiple values for argument '\(name)'")
            }
            values[place] = value
        }
        return values
    }

    /// As `bound`, where every parameter must be given.
    func required(_ parameters: [String], of function: String) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        for (parameter, value) in zip(parameters, try bound(to: parameters, of: function)) {
            guard let value else {
                throw TemplateError("\(function)() missing 1 required positional argument: '\(parameter)'")
            }
            values.append(value)
        }
        return values
    }
}
