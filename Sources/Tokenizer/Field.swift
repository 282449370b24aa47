internal import JSON

/// One place in a tokenizer file: a value and the path that leads to it, so that every complaint can name it.
struct Field {
    let value: JSONValue
    let path: String

    func failure(_ problem: String) -> TokenizerError { TokenizerError("\(path) \(problem)") }

    /// A name that is none of those that can be read.
    func unknown(_ name: String, _ known: [String]) -> TokenizerError {
        failure("is \"\(name)\", which is not supported; known are \(known.joined(separator: ", "))")
    }

    /// Member `key`, null when it is absent.
    subscript(_ key: String) -> Field {
        Field(value: value[key] ?? .null, path: path.isEmpty ? key : "\(path).\(key)")
    }

    var isNull: Bool { value.isNull }

    func string() throws(TokenizerError) -> String {
        guard let text = value.stringValue else { throw failure("must be a string") }
        return text
    }

    func bytes() throws(TokenizerError) -> [UInt8] { Array(try string().utf8) }

    /// A single character, as normalizers and decoders name their filler.
    func scalar() throws(TokenizerError) -> Unicode.Scalar {
        let scalars = try string().unicodeScalars
        guard let first = scalars.first, scalars.count == 1 else { throw failure("must be one character") }
        return first
    }

    func bool(default standard: Bool) throws(TokenizerError) -> Bool {
        if value.isNull { return standard }
        guard let flag = value.boolValue else { throw failure("must be true or false") }
        return flag
    }

    func count() throws(TokenizerError) -> Int {
        guard let number = value.integerValue, number >= 0, number <= Int64(Int32.max) else {
            throw failure("must be a count from 0 to \(Int32.max)")
        }
        return Int(number)
    }

    func tokenID() throws(TokenizerError) -> UInt32 {
        guard let number = value.integerValue, number >= 0, number <= Int64(Limits.highestID) else {
            throw failure("must be a token id from 0 to \(Limits.highestID)")
        }
        return UInt32(number)
    }

    /// A list; a missing one is an error.
    func elements() throws(TokenizerError) -> [Field] {
        guard let elements = value.arrayValue else { throw failure("must be a list") }
        return elements.enumerated().map { Field(value: $1, path: "\(path)[\($0)]") }
    }

    func object() throws(TokenizerError) -> JSONObject {
        guard let object = value.objectValue else { throw failure("must be an object") }
        return object
    }

    /// The parts of this step with every `Sequence` unfolded, members under `key`; null has none.
    func unfolded(_ key: String, depth: Int = 0) throws(TokenizerError) -> [Field] {
        if isNull { return [] }
        guard try self["type"].string() == "Sequence" else { return [self] }
        guard depth < Limits.nesting else { throw failure("is nested deeper than \(Limits.nesting) levels") }
        var steps: [Field] = []
        for element in try self[key].elements() {
            steps += try element.unfolded(key, depth: depth + 1)
        }
        return steps
    }
}
