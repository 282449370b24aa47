/// The functions that every template has.
extension Renderer {
    func global(_ name: String) -> Value? {
        switch name {
        case "range":
            function(name) { (renderer, arguments) throws(TemplateError) in try renderer.range(arguments) }
        case "namespace":
            function(name) { (renderer, arguments) throws(TemplateError) in
                let namespace = try renderer.makeNamespace()
                for case (.string(let name), let value) in try renderer.members(of: arguments) {
                    namespace[name] = value
                }
                return .namespace(namespace)
            }
        case "dict":
            function(name) { (renderer, arguments) throws(TemplateError) in
                try renderer.dictionary(try renderer.members(of: arguments))
            }
        case "raise_exception":
            function(name) { (renderer, arguments) throws(TemplateError) in
                let message = try arguments.bound(to: ["message"], of: name)[0]
                throw TemplateError(try message?.text() ?? "", raised: true)
            }
        case "strftime_now":
            clock.map { clock in
                function(name) { (renderer, arguments) throws(TemplateError) in
                    let format = try renderer.text(arguments.bound(to: ["format"], of: name)[0], name)
                    try renderer.charge(text: format)
                    return try renderer.checked(clock.text(format))
                }
            }
        default: nil
        }
    }

    private func function(
        _ name: String,
        _ body: @escaping (Renderer, Arguments) throws(TemplateError) -> Value
    ) -> Value {
        .callable(Callable(name, body))
    }

    private func range(_ arguments: Arguments) throws(TemplateError) -> Value {
        var bounds: [Int] = []
        for value in try arguments.bound(to: ["start", "stop", "step"], of: "range") {
            if let value { bounds.append(try integer(value, "range", default: 0)) }
        }
        guard let first = bounds.first else {
            throw TemplateError("range expected at least 1 argument, got 0")
        }
        let start = bounds.count > 1 ? first : 0
        let end = bounds.count > 1 ? bounds[1] : first
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw TemplateError("range() arg 3 must not be zero") }
        let (distance, overflow) = end.subtractingReportingOverflow(start)
        let count =
            overflow || (distance > 0) != (step > 0)
            ? (overflow ? Int.max : 0) : Int(clamping: distance.magnitude / step.magnitude)
        guard count < Limits.rangeCount else {
            throw TemplateError(
                "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(Limits.rangeCount))."
            )
        }
        return try list(stride(from: start, to: end, by: step).map { .integer($0) })
    }

    /// The members of `dict(mapping or pairs, name=value…)`.
    private func members(of arguments: Arguments) throws(TemplateError) -> [(key: Value, value: Value)] {
        var members: [(key: Value, value: Value)] = []
        for value in arguments.positional {
            if case .dictionary(let dictionary) = value {
                try charge(elements: dictionary.members.count)
                members += dictionary.members
                continue
            }
            for pair in try elements(of: value) {
                let parts = try elements(of: pair)
                guard parts.count == 2 else { throw TemplateError("dict() needs pairs") }
                members.append((parts[0], parts[1]))
            }
        }
        return members + arguments.named.map { (.string($0.name), $0.value) }
    }
}
