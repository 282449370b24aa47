internal import CJansson

/// Why a text is not the JSON that was wanted.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    /// Byte offset behind which the text went wrong.
    public var offset: Int
    /// The text may be JSON, but there is more of it than is taken.
    public var isTooLarge = false

    public var description: String { isTooLarge ? message : "\(message) (near byte \(offset))" }

    static func tooLarge(_ message: String) -> JSONError {
        JSONError(message: message, offset: 0, isTooLarge: true)
    }
}

/// How deep and how large a document may be.
public struct JSONLimits: Sendable {
    public var depth: Int
    public var bytes: Int
    /// Of all arrays and objects together, these included.
    public var values: Int
    /// Of all objects together.
    public var members: Int

    public init(depth: Int, bytes: Int, values: Int = .max, members: Int = .max) {
        self.depth = depth
        self.bytes = bytes
        self.values = values
        self.members = members
    }

    /// What a client or a peer may send.
    public static let request = JSONLimits(depth: 64, bytes: 32 << 20, values: 1 << 21, members: 1 << 18)
    /// What a model's own files may hold.
    public static let modelFile = JSONLimits(depth: 256, bytes: 128 << 20)
}

extension JSONValue {
    /// Parses one whole document.
    ///
    /// Duplicate keys, lone surrogates, trailing data and numbers out of range are errors.
    public init(parsing bytes: some Collection<UInt8>, limits: JSONLimits = .request) throws(JSONError) {
        guard bytes.count <= limits.bytes else {
            throw .tooLarge("the document has \(bytes.count) bytes, the limit is \(limits.bytes)")
        }
        let loaded =
            bytes.withContiguousStorageIfAvailable { load($0, limits) }
            ?? Array(bytes).withUnsafeBufferPointer { load($0, limits) }
        let parsed = try loaded.get()
        defer { json_decref(parsed) }
        self = try convert(parsed, depthLeft: limits.depth, limit: limits.depth)
    }

    public init(parsing text: String, limits: JSONLimits = .request) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

private func load(
    _ bytes: UnsafeBufferPointer<UInt8>,
    _ limits: JSONLimits
) -> Result<UnsafeMutablePointer<json_t>, JSONError> {
    if let error = sizeError(of: bytes, limits) { return .failure(error) }
    let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)
    var failure = json_error_t()
    let parsed = bytes.withMemoryRebound(to: CChar.self) {
        // Jansson refuses a null buffer; an empty text has nothing to point at.
        guard let base = $0.baseAddress else { return json_loadb("", 0, flags, &failure) }
        return json_loadb(base, $0.count, flags, &failure)
    }
    guard let parsed else {
        return .failure(JSONError(message: text(of: failure), offset: Int(failure.position)))
    }
    return .success(parsed)
}

private func sizeError(of bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) -> JSONError? {
    // Nothing is shorter than a byte.
    guard bytes.count > min(limits.values, limits.members) else { return nil }
    let tally = JSONTally(of: bytes)
    if tally.values > limits.values {
        return .tooLarge("the document holds more than \(limits.values) values")
    }
    if tally.members > limits.members {
        return .tooLarge("the objects of the document have more than \(limits.members) members")
    }
    return nil
}

private func convert(
    _ node: UnsafeMutablePointer<json_t>,
    depthLeft: Int,
    limit: Int
) throws(JSONError) -> JSONValue {
    switch node.pointee.type {
    case JSON_NULL: return .null
    case JSON_TRUE: return .bool(true)
    case JSON_FALSE: return .bool(false)
    case JSON_INTEGER: return .integer(Int64(json_integer_value(node)))
    case JSON_REAL: return .number(json_real_value(node))
    case JSON_STRING: return .string(string(json_string_value(node), json_string_length(node)))
    default: break
    }
    guard depthLeft > 0 else { throw JSONError(message: "nested deeper than \(limit) levels", offset: 0) }
    if node.pointee.type == JSON_ARRAY {
        var elements: [JSONValue] = []
        elements.reserveCapacity(json_array_size(node))
        for index in 0..<json_array_size(node) {
            guard let element = json_array_get(node, index) else { continue }
            elements.append(try convert(element, depthLeft: depthLeft - 1, limit: limit))
        }
        return .array(elements)
    }
    var object = JSONObject()
    object.reserveCapacity(json_object_size(node))
    var iterator = json_object_iter(node)
    while let here = iterator {
        if let key = json_object_iter_key(here), let value = json_object_iter_value(here) {
            object[String(cString: key)] = try convert(value, depthLeft: depthLeft - 1, limit: limit)
        }
        iterator = json_object_iter_next(node, here)
    }
    return .object(object)
}

private func string(_ characters: UnsafePointer<CChar>?, _ length: Int) -> String {
    guard let characters else { return "" }
    return characters.withMemoryRebound(to: UInt8.self, capacity: length) {
        String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
    }
}

private func text(of failure: json_error_t) -> String {
    withUnsafeBytes(of: failure.text) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
