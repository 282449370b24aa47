/// The functions that every template has.
extension Renderer {
    func global(_ name: String) -> Value? {
        switch name {
        case "range":
            Value.function(name) { (renderer, arguments) throws(TemplateError) in
                try renderer.range(arguments)
            }
        case "namespace":
            Value.function(name) { (renderer, arguments) throws(TemplateError) in
                let namespace = try renderer.makeNamespace()
                for member in try renderer.members(of: arguments) {
                    guard let name = member.key.asText else { continue }
                    try namespace.set(name, member.value)
                }
                return .namespace(namespace)
            }
        case "dict": makeDictionary
        case "cycler":
            Value.function(name) { (renderer, arguments) throws(TemplateError) in
                try renderer.cycler(arguments)
            }
        case "joiner":
            Value.function(name) { (renderer, arguments) throws(TemplateError) in
                try renderer.joiner(arguments)
            }
        case "raise_exception":
            Value.function(name) { (_, arguments) throws(TemplateError) in
                let message = try arguments.required(["message"], of: name)[0]
                throw TemplateError(try message.text(), raised: true)
            }
        case "strftime_now":
            clock.map { clock in
                Value.function(name) { (renderer, arguments) throws(TemplateError) in
                    let format = try renderer.text(arguments.bound(to: ["format"], of: name)[0], name)
                    try renderer.charge(text: format)
                    return try renderer.checked(clock.text(format))
                }
            }
        case "self": blocks
        default: nil
        }
    }

    /// `dict(…)`, and `dict.fromkeys(…)`.
    private var makeDictionary: Value {
        let fromKeys = Value.function("fromkeys") { (renderer, arguments) throws(TemplateError) in
            let values = try arguments.bound(to: ["iterable", "value"], of: "fromkeys")
            let keys = try renderer.elements(of: values[0] ?? .none)
            return try renderer.dictionary(keys.map { ($0, values[1] ?? .none) })
        }
        return .callable(
            Callable("dict", member: { $0 == "fromkeys" ? fromKeys : nil }) {
                (renderer, arguments) throws(TemplateError) in
                try renderer.dictionary(try renderer.members(of: arguments))
            }
        )
    }

    /// `self`: the template's blocks as functions.
    private var blocks: Value {
        let blocks = template.blocks
        return .callable(
            Callable(
                "self",
                typeName: "TemplateReference",
                member: { name in
                    blocks[name].map { block in
                        Value.function(name) { (renderer, _) throws(TemplateError) in
                            .string(try renderer.text(of: block, in: renderer.globalScope))
                        }
                    }
                }
            ) { (_, _) throws(TemplateError) in
                throw TemplateError("'TemplateReference' object is not callable")
            }
        )
    }

    /// Gives its values in turn, every time that `next()` is called.
    private func cycler(_ arguments: Arguments) throws(TemplateError) -> Value {
        guard !arguments.positional.isEmpty else {
            throw TemplateError("at least one item has to be provided")
        }
        let state = Loop(arguments.positional)
        let next = Value.function("next") { (_, _) throws(TemplateError) in
            defer { state.index = (state.index + 1) % state.elements.count }
            return state.elements[state.index]
        }
        let reset = Value.function("reset") { (_, _) throws(TemplateError) in
            state.index = 0
            return .none
        }
        let members = { (name: String) -> Value? in
            switch name {
            case "next": next
            case "reset": reset
            case "current": state.elements[state.index]
            default: nil
            }
        }
        return .callable(
            Callable("cycler", typeName: "Cycler", depth: state.depth, member: members) {
                (_, _) throws(TemplateError) in throw TemplateError("'Cycler' object is not callable")
            }
        )
    }

    /// Gives nothing when it is called first, and its separator from then on.
    private func joiner(_ arguments: Arguments) throws(TemplateError) -> Value {
        let separator = try arguments.bound(to: ["sep"], of: "joiner")[0] ?? .string(", ")
        let state = Loop([])
        return .callable(
            Callable("joiner", typeName: "Joiner", depth: separator.depth + 1) {
                (_, _) throws(TemplateError) in
                defer { state.index = 1 }
                return state.index == 0 ? .string("") : separator
            }
        )
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
        let elements = stride(from: start, to: end, by: step).map { Value.integer($0) }
        try charge(elements: elements.count)
        return .iterable(Iterable(.range, elements, bounds: (start, end, step)))
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
                guard parts.count == 2 else {
                    throw TemplateError(
                        "dictionary update sequence element has length \(parts.count); 2 is required"
                    )
                }
                members.append((parts[0], parts[1]))
            }
        }
        return members + arguments.named.map { (.string($0.name), $0.value) }
    }
}
