internal import JSON

/// Reads single values out of config.json; every error names the file and the key.
///
/// A null counts as absent.
struct ConfigFields {
    var path: String
    /// Keys above this object, as they show in errors.
    var prefix = ""
    var members: JSONObject = [:]

    func count(
        _ key: String,
        in range: ClosedRange<Int>,
        default fallback: Int? = nil
    ) throws(ModelFileError) -> Int {
        guard let value = self[key] else { return try present(fallback, key) }
        guard let number = value.integerValue, let count = Int(exactly: number) else {
            throw error(key, "is \(value), not a whole number")
        }
        guard range.contains(count) else {
            throw error(key, "is \(count), not within \(range.lowerBound) and \(range.upperBound)")
        }
        return count
    }

    func number(
        _ key: String,
        in range: ClosedRange<Double>,
        default fallback: Double? = nil
    )
        throws(ModelFileError) -> Double
    {
        guard let value = self[key] else { return try present(fallback, key) }
        guard let number = value.numberValue else { throw error(key, "is \(value), not a number") }
        guard range.contains(number) else {
            throw error(key, "is \(number), not within \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    func flag(_ key: String, default fallback: Bool = false) throws(ModelFileError) -> Bool {
        guard let value = self[key] else { return fallback }
        guard let flag = value.boolValue else { throw error(key, "is \(value), not true or false") }
        return flag
    }

    func text(_ key: String, default fallback: String? = nil) throws(ModelFileError) -> String {
        guard let value = self[key] else { return try present(fallback, key) }
        guard let text = value.stringValue else { throw error(key, "is not a string") }
        return text
    }

    /// Between 1 and 65,536 numbers.
    func numbers(_ key: String, in range: ClosedRange<Double>) throws(ModelFileError) -> [Double] {
        guard let value = self[key] else { throw error(key, "is missing") }
        guard let elements = value.arrayValue, 1...65_536 ~= elements.count else {
            throw error(key, "is not a list of 1 to 65536 numbers")
        }
        var numbers: [Double] = []
        for element in elements {
            guard let number = element.numberValue, range.contains(number) else {
                throw error(
                    key,
                    "holds \(element), not a number within \(range.lowerBound) and \(range.upperBound)"
                )
            }
            numbers.append(number)
        }
        return numbers
    }

    /// Nil if absent.
    func object(_ key: String) throws(ModelFileError) -> ConfigFields? {
        guard let value = self[key] else { return nil }
        guard let members = value.objectValue else { throw error(key, "is not an object") }
        return ConfigFields(path: path, prefix: "\(prefix)\(key).", members: members)
    }

    /// Nil if absent or null.
    subscript(_ key: String) -> JSONValue? {
        guard let value = members[key], !value.isNull else { return nil }
        return value
    }

    /// The member that describes what is read; `self` where there is no such key in the family.
    func nested(_ key: String?) throws(ModelFileError) -> ConfigFields {
        guard let key else { return self }
        guard let nested = try object(key) else { throw error(key, "is missing") }
        return nested
    }

    func error(_ key: String, _ problem: String) -> ModelFileError {
        ModelFileError(path, prefix + key, problem)
    }

    private func present<Value>(_ fallback: Value?, _ key: String) throws(ModelFileError) -> Value {
        guard let fallback else { throw error(key, "is missing") }
        return fallback
    }
}
