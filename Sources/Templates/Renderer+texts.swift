/// What methods and filters that make texts share.
extension Renderer {
    /// An argument that must be a text.
    func text(_ value: Value?, _ function: String) throws(TemplateError) -> String {
        switch value {
        case .string(let text)?, .markup(let text)?: return text
        case .undefined(let reason)?: throw TemplateError(reason)
        case let other?: throw TemplateError("\(function)() needs a str, not \(other.typeName)")
        case nil: throw TemplateError("\(function)() misses an argument")
        }
    }

    func integer(_ value: Value?, _ function: String, default standard: Int) throws(TemplateError) -> Int {
        guard let value else { return standard }
        if case .undefined(let reason) = value { throw TemplateError(reason) }
        guard let number = value.asInteger else {
            throw TemplateError("'\(value.typeName)' object cannot be interpreted as an integer")
        }
        return number
    }

    func stripped(_ value: Value?, _ function: String) throws(TemplateError) -> String.Stripped {
        switch value {
        case nil, .some(.none): return .whiteSpace
        case let given?:
            guard let characters = given.asText else {
                throw TemplateError("\(function) arg must be None or str")
            }
            return .characters(Set(characters.unicodeScalars))
        }
    }

    /// Counts first what the result will need: replacing is how a text grows fastest.
    func replacing(
        _ owner: Value,
        _ old: String,
        with new: String,
        atMost count: Int
    ) throws(TemplateError) -> Value {
        let text = try owner.text()
        let limit = count < 0 ? Int.max : count
        let places = old.isEmpty ? text.utf8.count + 1 : text.occurrences(of: old, atMost: limit).count
        let (growth, overflow) = min(places, limit).multipliedReportingOverflow(by: new.utf8.count)
        try checkLength(overflow ? .max : growth)
        return try checked(text.replacing(old, with: new, atMost: limit), like: owner)
    }

    func joined(_ parts: [String], _ separator: String) throws(TemplateError) -> Value {
        let (separators, overflow) = separator.utf8.count.multipliedReportingOverflow(by: parts.count)
        let total = parts.reduce(overflow ? .max : separators) { $0.addingSaturated($1.utf8.count) }
        try checkLength(max(0, total == .max ? total : total - separator.utf8.count))
        return try checked(parts.joined(separator: separator))
    }
}
