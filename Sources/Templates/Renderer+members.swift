/// What stands behind a value: `.name`, `[key]`, `[from:to:step]`.
extension Renderer {
    /// As in Python's sandbox: the value's own attributes first, then its elements.
    func member(_ name: String, of value: Value) throws(TemplateError) -> Value {
        if case .undefined(let reason) = value { throw TemplateError(reason) }
        if let attribute = try attribute(name, of: value) { return attribute }
        if case .dictionary(let dictionary) = value, let element = dictionary[.string(name)] {
            return element
        }
        return missing(name, of: value)
    }

    func missing(_ name: String, of value: Value) -> Value {
        .undefined("'\(value.ownerName)' has no attribute '\(name)'")
    }

    /// What Python's `getattr` finds; nil when there is nothing.
    func attribute(_ name: String, of value: Value) throws(TemplateError) -> Value? {
        if hasMethod(name, value) { return method(name, of: value) }
        switch value {
        case .dictionary where DictionaryMethod.refused.contains(name),
            .list where ListMethod.refused.contains(name):
            return .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe.")
        case .namespace(let namespace):
            try charge(namespace.members.count)
            return namespace[name]
        case .loop(let loop): return loop.member(name)
        case .callable(let callable): return callable.member(name)
        case .tuple(let list):
            return list.fields.firstIndex(of: name).map { list.elements[$0] }
        case .iterable(let iterable) where iterable.kind == .range:
            switch name {
            case "start": return .integer(iterable.bounds.start)
            case "stop": return .integer(iterable.bounds.stop)
            case "step": return .integer(iterable.bounds.step)
            default: return nil
            }
        case .integer, .bool, .float: return NumberMethod.property(name, of: value)
        default: return nil
        }
    }

    private func method(_ name: String, of value: Value) -> Value {
        .callable(
            Callable(name, typeName: "builtin_function_or_method", depth: value.depth + 1) {
                (renderer, arguments) throws(TemplateError) in
                try renderer.callMethod(name, of: value, arguments)
            }
        )
    }

    func hasMethod(_ name: String, _ value: Value) -> Bool {
        switch value {
        case .string, .markup: StringMethod(rawValue: name) != nil
        case .dictionary: DictionaryMethod(rawValue: name) != nil
        case .list: ListMethod(rawValue: name) != nil
        case .tuple: name != "copy" && ListMethod(rawValue: name) != nil
        case .iterable(let iterable):
            iterable.kind == .range && name != "copy" && ListMethod(rawValue: name) != nil
        case .integer, .bool, .float: NumberMethod(rawValue: name)?.exists(for: value) ?? false
        case .loop: ["cycle", "changed"].contains(name)
        default: false
        }
    }

    /// Only for methods that `hasMethod` knows.
    func callMethod(_ name: String, of value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch value {
        case .string(let text), .markup(let text):
            if let method = StringMethod(rawValue: name) {
                return try StringCall(renderer: self, method: method, owner: value, text: text)
                    .result(arguments)
            }
        case .dictionary(let dictionary):
            if let method = DictionaryMethod(rawValue: name) {
                return try call(method, dictionary, arguments)
            }
        case .list, .tuple, .iterable:
            if let method = ListMethod(rawValue: name) { return try call(method, value, arguments) }
        case .integer, .bool, .float:
            if let method = NumberMethod(rawValue: name) { return try method.result(value, arguments) }
        case .loop(let loop): return try callLoopMethod(name, loop, arguments)
        default: break
        }
        throw TemplateError("'\(value.typeName)' object is not callable")
    }

    // MARK: - Elements

    /// The value's elements first, then its attributes.
    func element(_ key: Value, of value: Value) throws(TemplateError) -> Value {
        switch value {
        case .undefined(let reason): throw TemplateError(reason)
        case .dictionary(let dictionary):
            try charge(key.weight)
            if let element = dictionary[key] { return element }
        case .list(let list), .tuple(let list):
            if let index = key.asInteger, let place = place(index, list.elements.count) {
                return list.elements[place]
            }
        case .iterable(let iterable) where iterable.kind == .range:
            let elements = try iterable.rest()
            if let index = key.asInteger, let place = place(index, elements.count) { return elements[place] }
        case .string(let text), .markup(let text):
            if let index = key.asInteger, let scalar = try character(index, of: text) {
                return value.sibling(String(scalar))
            }
        default: break
        }
        guard let name = key.asText else {
            return .undefined("\(value.ownerName) has no element \(try key.representation())")
        }
        return try attribute(name, of: value) ?? missing(name, of: value)
    }

    private func character(_ index: Int, of text: String) throws(TemplateError) -> Unicode.Scalar? {
        try charge(text: text)
        let scalars = text.unicodeScalars
        if index >= 0 {
            return scalars.index(scalars.startIndex, offsetBy: index, limitedBy: scalars.endIndex)
                .flatMap { $0 == scalars.endIndex ? nil : scalars[$0] }
        }
        return scalars.index(scalars.endIndex, offsetBy: index, limitedBy: scalars.startIndex)
            .map { scalars[$0] }
    }

    private func place(_ index: Int, _ count: Int) -> Int? {
        let place = index < 0 ? index.addingSaturated(count) : index
        return place >= 0 && place < count ? place : nil
    }

    // MARK: - Slices

    func evaluate(_ slice: Slice, of value: Value) throws(TemplateError) -> Value {
        let start = try bound(slice.start)
        let stop = try bound(slice.stop)
        let step = try bound(slice.step) ?? 1
        switch value {
        case .undefined(let reason): throw TemplateError(reason)
        case .string, .markup, .list, .tuple: break
        case .iterable(let iterable) where iterable.kind == .range: break
        default: throw TemplateError("'\(value.typeName)' object is not subscriptable")
        }
        guard step != 0 else { throw TemplateError("slice step cannot be zero") }
        guard let text = value.asText else {
            let elements = try elements(of: value)
            let places = try places(start, stop, step, elements.count)
            let chosen = stride(from: places.first, to: places.end, by: places.step).map { elements[$0] }
            if case .tuple = value { return try tuple(chosen) }
            guard case .iterable(let range) = value else { return try list(chosen) }
            let (origin, _, width) = range.bounds
            func number(_ place: Int) -> Int { origin &+ place &* width }
            let bounds = (number(places.first), number(places.end), width &* places.step)
            return .iterable(Iterable(.range, chosen, bounds: bounds))
        }
        try charge(text: text)
        let scalars = text.unicodeScalars
        if step == 1 {
            let range = range(start, stop, scalars.count)
            let lower = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
            return value.sibling(String(scalars[lower..<scalars.index(lower, offsetBy: range.count)]))
        }
        let all = Array(scalars)
        var result = String.UnicodeScalarView()
        let places = try places(start, stop, step, all.count)
        for place in stride(from: places.first, to: places.end, by: places.step) { result.append(all[place]) }
        return value.sibling(String(result))
    }

    private func bound(_ expression: Expression?) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression)
        if case .none = value { return nil }
        guard let index = value.asInteger else {
            throw TemplateError("slice indices must be integers or None or have an __index__ method")
        }
        return index
    }

    /// The places that a slice with step 1 names.
    private func range(_ start: Int?, _ stop: Int?, _ count: Int) -> Range<Int> {
        func clamped(_ index: Int) -> Int {
            min(max(index < 0 ? index.addingSaturated(count) : index, 0), count)
        }
        let lower = clamped(start ?? 0)
        return lower..<max(lower, clamped(stop ?? count))
    }

    /// The places that a slice names, as Python counts them.
    private func places(
        _ start: Int?,
        _ stop: Int?,
        _ step: Int,
        _ count: Int
    ) throws(TemplateError) -> (first: Int, end: Int, step: Int) {
        try charge(elements: count)
        let lowest = step > 0 ? 0 : -1
        let highest = step > 0 ? count : count - 1
        func clamped(_ index: Int) -> Int {
            min(max(index < 0 ? index.addingSaturated(count) : index, lowest), highest)
        }
        let first = start.map(clamped) ?? (step > 0 ? lowest : highest)
        let end = stop.map(clamped) ?? (step > 0 ? highest : lowest)
        return (first, end, step > 0 ? min(step, count + 1) : max(step, -count - 1))
    }

    /// What a loop over the value goes through.
    func elements(of value: Value) throws(TemplateError) -> [Value] {
        switch value {
        case .list(let list), .tuple(let list): return list.elements
        case .dictionary(let dictionary):
            try charge(elements: dictionary.members.count)
            return dictionary.members.map(\.key)
        case .string(let text), .markup(let text):
            try charge(elements: text.utf8.count)
            return text.unicodeScalars.map { value.sibling(String($0)) }
        case .iterable(let iterable): return try iterable.rest()
        case .undefined: return []
        default: throw TemplateError("'\(value.typeName)' object is not iterable")
        }
    }
}
