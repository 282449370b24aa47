internal import Contract
internal import JSON

/// The members of one JSON object of a request, read with their path so that an error can name the field.
///
/// An explicit null counts as absent: both SDKs' callers send it for "unset". Members nobody asks for are
/// ignored.
struct RequestFields {
    let object: JSONObject
    /// In front of a member's name: "" at the top, "messages[3]." in a message.
    let path: String
    /// What is done to the texts of the prompt; of the whole request alone.
    private(set) var volatile = VolatileText.standard

    init(_ value: JSONValue, at path: String) throws(DialectError) {
        guard case .object(let object) = value else {
            let rest = "must be an object, it is \(value.kindName)"
            throw path.isEmpty
                ? DialectError(.invalidRequest, "the request body \(rest)") : .invalid(path, rest)
        }
        self.object = object
        self.path = path.isEmpty ? "" : "\(path)."
    }

    /// The members of a request's body.
    init(
        body: some Collection<UInt8>,
        _ headers: RequestHeaders,
        defaultModel: String?,
        volatile: VolatileText = .standard
    ) throws(DialectError) {
        if let coding = headers["content-encoding"], coding.lowercased() != "identity" {
            throw .unsupported("header content-encoding", "is \(coding.quoted), bodies are read as they are")
        }
        var request: JSONValue
        do {
            request = try JSONValue(parsing: body, limits: RequestLimits.body)
        } catch {
            throw error.isTooLarge
                ? DialectError(.tooLarge, "the request body is too large: \(error)")
                : DialectError(.invalidRequest, "the request body is not valid JSON: \(error)")
        }
        if let defaultModel, case .object(var object) = request, object["model"]?.isNull ?? true {
            object["model"] = .string(defaultModel)
            request = .object(object)
        }
        try self.init(request, at: "")
        self.volatile = volatile
    }

    subscript(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    func name(_ key: String) -> String { path + key }

    func text(_ key: String) throws(DialectError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.stringValue else { throw wrong(key, value, "a string") }
        return text
    }

    func flag(_ key: String) throws(DialectError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let flag = value.boolValue else { throw wrong(key, value, "true or false") }
        return flag
    }

    func elements(_ key: String, atMost limit: Int) throws(DialectError) -> [JSONValue]? {
        guard let value = self[key] else { return nil }
        guard let elements = value.arrayValue else { throw wrong(key, value, "an array") }
        guard elements.count <= limit else {
            throw .invalid(name(key), "has \(elements.count) entries, at most \(limit) are allowed")
        }
        return elements
    }

    func members(_ key: String) throws(DialectError) -> JSONObject? {
        guard let value = self[key] else { return nil }
        guard let object = value.objectValue else { throw wrong(key, value, "an object") }
        return object
    }

    func integer(_ key: String, in range: ClosedRange<Int64>) throws(DialectError) -> Int64? {
        guard let value = self[key] else { return nil }
        guard value.numberValue != nil else { throw wrong(key, value, "an integer") }
        guard let integer = value.integerValue else {
            throw .invalid(name(key), "must be an integer, it is \(value)")
        }
        guard range.contains(integer) else {
            throw .invalid(
                name(key),
                "is \(integer), it must be between \(range.lowerBound) and \(range.upperBound)"
            )
        }
        return integer
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(DialectError) -> Float? {
        guard let value = self[key] else { return nil }
        guard let number = value.numberValue else { throw wrong(key, value, "a number") }
        guard range.contains(number) else {
            throw .invalid(
                name(key),
                "is \(value), it must be between \(short(range.lowerBound)) and \(short(range.upperBound))"
            )
        }
        return Float(number)
    }

    func required<Value>(_ key: String, _ value: Value?) throws(DialectError) -> Value {
        guard let value else { throw .invalid(name(key), "is required") }
        return value
    }

    func wrong(_ key: String, _ value: JSONValue, _ wanted: String) -> DialectError {
        .invalid(name(key), "must be \(wanted), it is \(value.kindName)")
    }

    private func short(_ number: Double) -> String {
        Int64(exactly: number).map { String($0) } ?? String(number)
    }
}

extension JSONValue {
    /// For error messages.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension String {
    /// In quotes and cut short, for error messages.
    ///
    /// Counted in code points: one character can be made of millions.
    var quoted: String {
        let cut = unicodeScalars.prefix(RequestLimits.quotedCodePoints)
        return cut.endIndex == endIndex ? "\"\(self)\"" : "\"\(Substring(cut))…\""
    }
}
