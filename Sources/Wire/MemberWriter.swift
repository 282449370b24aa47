internal import Contract
internal import JSON

/// Makes JSON of the values that JSON cannot hold as they are, and refuses what is over a limit.
enum MemberWriter {
    static func text(_ field: String, _ text: String, atMost limit: Int) throws(FrameError) -> JSONValue {
        try requireWritable("\(field) in bytes", text.utf8.count, atMost: limit)
        return .string(text)
    }

    static func detail(_ text: String) -> JSONValue { .string(shortened(detail: text)) }

    static func node(_ field: String, _ node: NodeID) throws(FrameError) -> JSONValue {
        guard node.isWellFormed else {
            throw FrameError(
                .invalidRequest,
                "\(field) must be 1 to 64 letters, digits, dots, underscores and hyphens"
            )
        }
        return .string(node.name)
    }

    static func optionalNode(_ field: String, _ node: NodeID?) throws(FrameError) -> JSONValue? {
        guard let node else { return nil }
        return try self.node(field, node)
    }

    static func integer(_ number: UInt32) -> JSONValue { .integer(Int64(number)) }

    static func optionalInteger(_ number: UInt32?) -> JSONValue? { number.map(integer) }

    static func counter(_ field: String, _ counter: UInt64) throws(FrameError) -> JSONValue {
        guard counter <= WireLimits.jsonCounter else {
            throw FrameError(.tooLarge, "\(field) is \(counter), the limit is \(WireLimits.jsonCounter)")
        }
        return .integer(Int64(counter))
    }

    /// The shortest decimal that reads back as the same float.
    ///
    /// A reader rounds to a double first and then to a float. For a few decimals the two roundings miss
    /// (7.038531e-26 is one); those are written with the digits of the double that the float is.
    static func float(_ field: String, _ float: Float) throws(FrameError) -> JSONValue {
        guard float.isFinite else { throw FrameError(.invalidRequest, "\(field) must be finite") }
        if let short = Double("\(float)"), Float(short) == float { return .number(short) }
        return .number(Double(float))
    }

    static func tokenIDs(_ field: String, _ ids: [TokenID], atMost limit: Int) throws(FrameError) -> JSONValue
    {
        try requireWritable(field, ids.count, atMost: limit)
        return .array(ids.map(integer))
    }

    static func array<Element>(
        _ field: String,
        _ elements: [Element],
        atMost limit: Int,
        _ write: (Element) throws(FrameError) -> JSONValue
    ) throws(FrameError) -> JSONValue {
        try requireWritable(field, elements.count, atMost: limit)
        var values: [JSONValue] = []
        values.reserveCapacity(elements.count)
        for element in elements { values.append(try write(element)) }
        return .array(values)
    }
}
