internal import Contract
internal import JSON

/// One JSON object of a body, read member by member.
///
/// What is wrong is said with the member's path.
///
/// Members that nobody asks for are ignored, so that a later minor version may add some.
struct Members {
    private let object: JSONObject
    private let path: String

    init(_ value: JSONValue, _ path: String) throws(FrameError) {
        guard case .object(let object) = value else { throw .malformed("\(path) must be an object") }
        self.object = object
        self.path = path
    }

    func has(_ key: String) -> Bool { object[key] != nil }

    func members(_ key: String) throws(FrameError) -> Members {
        try Members(try required(key), "\(path).\(key)")
    }

    func text(_ key: String, atMost limit: Int) throws(FrameError) -> String {
        try text(try required(key), key, atMost: limit)
    }

    func optionalText(_ key: String, atMost limit: Int) throws(FrameError) -> String? {
        has(key) ? try text(key, atMost: limit) : nil
    }

    func node(_ key: String) throws(FrameError) -> NodeID {
        let node = NodeID(try text(key, atMost: WireLimits.nodeNameBytes))
        guard node.isWellFormed else {
            throw .malformed("\(path).\(key) must be 1 to 64 letters, digits, dots, underscores and hyphens")
        }
        return node
    }

    func optionalNode(_ key: String) throws(FrameError) -> NodeID? { has(key) ? try node(key) : nil }

    func jobID(_ key: String) throws(FrameError) -> JobID {
        guard let job = JobID(try text(key, atMost: 32)) else {
            throw .malformed("\(path).\(key) must be 32 lower-case hexadecimal digits")
        }
        return job
    }

    func attempt() throws(FrameError) -> Attempt { Attempt(rawValue: try integer("attempt")) }

    func flag(_ key: String) throws(FrameError) -> Bool {
        guard let flag = try required(key).boolValue else {
            throw .malformed("\(path).\(key) must be a boolean")
        }
        return flag
    }

    func integer(_ key: String) throws(FrameError) -> UInt32 {
        try integer(try required(key), key)
    }

    func optionalInteger(_ key: String) throws(FrameError) -> UInt32? { has(key) ? try integer(key) : nil }

    func counter(_ key: String) throws(FrameError) -> UInt64 {
        guard let value = try required(key).integerValue, let counter = UInt64(exactly: value),
            counter <= WireLimits.jsonCounter
        else { throw .malformed("\(path).\(key) must be an integer from 0 to \(WireLimits.jsonCounter)") }
        return counter
    }

    /// A 64-bit number that JSON's integers cannot hold: decimal digits in a string.
    func decimal(_ key: String) throws(FrameError) -> UInt64 {
        let digits = try text(key, atMost: 20)
        // UInt64's own parser also takes a sign.
        let isDecimal = digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDecimal, let number = UInt64(digits) else {
            throw .malformed("\(path).\(key) must be a decimal number below 2^64 in a string")
        }
        return number
    }

    func optionalEpoch(_ key: String) throws(FrameError) -> BootEpoch? {
        has(key) ? BootEpoch(rawValue: try decimal(key)) : nil
    }

    func float(_ key: String) throws(FrameError) -> Float {
        guard let value = try required(key).numberValue else {
            throw .malformed("\(path).\(key) must be a number")
        }
        let float = Float(value)
        guard float.isFinite else { throw .malformed("\(path).\(key) is beyond a 32-bit float") }
        return float
    }

    func optionalFloat(_ key: String) throws(FrameError) -> Float? { has(key) ? try float(key) : nil }

    func word<Word: RawRepresentable<String>>(_ key: String) throws(FrameError) -> Word {
        guard let word = Word(rawValue: try text(key, atMost: WireLimits.nameBytes)) else {
            throw .malformed("\(path).\(key) is not one of the words in its schema")
        }
        return word
    }

    func lane(_ key: String) throws(FrameError) -> Lane {
        guard let lane = Lane(name: try text(key, atMost: WireLimits.nameBytes)) else {
            throw .malformed("\(path).\(key) must be high, normal or low")
        }
        return lane
    }

    func tokenIDs(_ key: String, atMost limit: Int) throws(FrameError) -> [TokenID] {
        var ids: [TokenID] = []
        let values = try elements(key, atMost: limit)
        ids.reserveCapacity(values.count)
        for value in values { ids.append(try integer(value, key)) }
        return ids
    }

    func texts(_ key: String, atMost limit: Int, ofBytes byteLimit: Int) throws(FrameError) -> [String] {
        var texts: [String] = []
        for value in try elements(key, atMost: limit) {
            texts.append(try text(value, key, atMost: byteLimit))
        }
        return texts
    }

    func objects(_ key: String, atMost limit: Int) throws(FrameError) -> [Members] {
        var objects: [Members] = []
        let name = "\(path).\(key)[]"
        for value in try elements(key, atMost: limit) { objects.append(try Members(value, name)) }
        return objects
    }

    private func required(_ key: String) throws(FrameError) -> JSONValue {
        guard let value = object[key] else { throw .malformed("\(path).\(key) is missing") }
        return value
    }

    private func elements(_ key: String, atMost limit: Int) throws(FrameError) -> [JSONValue] {
        guard let elements = try required(key).arrayValue else {
            throw .malformed("\(path).\(key) must be an array")
        }
        guard elements.count <= limit else {
            throw .malformed("\(path).\(key) has \(elements.count) elements, the limit is \(limit)")
        }
        return elements
    }

    private func text(_ value: JSONValue, _ key: String, atMost limit: Int) throws(FrameError) -> String {
        guard let text = value.stringValue else { throw .malformed("\(path).\(key) must be a string") }
        guard text.utf8.count <= limit else {
            throw .malformed("\(path).\(key) has \(text.utf8.count) bytes, the limit is \(limit)")
        }
        return text
    }

    private func integer(_ value: JSONValue, _ key: String) throws(FrameError) -> UInt32 {
        guard let value = value.integerValue, let integer = UInt32(exactly: value) else {
            throw .malformed("\(path).\(key) must be an integer from 0 to \(UInt32.max)")
        }
        return integer
    }
}
