public import JSON

/// Checks a JSON value against the part of JSON Schema that `schemas/` uses.
///
/// A keyword outside it is an error.
public struct JSONSchema {
    public var root: JSONValue
    /// Finds the schema behind a `$ref`, by file name.
    public var resolve: (String) throws -> JSONValue

    public struct Violation: Error, CustomStringConvertible {
        public var description: String
    }

    public init(root: JSONValue, resolve: @escaping (String) throws -> JSONValue) {
        self.root = root
        self.resolve = resolve
    }

    public func check(_ value: JSONValue) throws { try check(value, against: root, at: "$") }

    private func check(_ value: JSONValue, against schema: JSONValue, at path: String) throws {
        guard let keywords = schema.objectValue else {
            throw Violation(description: "\(path): schema is no object")
        }
        for (keyword, operand) in keywords {
            try check(value, keyword, operand, of: schema, at: path)
        }
    }

    private func check(
        _ value: JSONValue,
        _ keyword: String,
        _ operand: JSONValue,
        of schema: JSONValue,
        at path: String
    )
        throws
    {
        func require(_ condition: Bool?) throws {
            guard condition == true else {
                throw Violation(description: "\(path): \(keyword) \(operand) not met")
            }
        }
        switch keyword {
        case "$schema", "title", "description": break
        case "$ref": try check(value, against: try resolve(operand.stringValue ?? ""), at: path)
        case "type":
            let names = operand.arrayValue ?? [operand]
            try require(names.contains { isType($0.stringValue ?? "", value) })
        case "enum": try require(operand.arrayValue?.contains(value))
        case "minimum": try require(number(value, operand) { $0 >= $1 })
        case "maximum": try require(number(value, operand) { $0 <= $1 })
        case "maxLength": try require(number(length(value), operand) { $0 <= $1 })
        case "maxItems": try require(number(count(value.arrayValue?.count), operand) { $0 <= $1 })
        case "minProperties": try require(number(count(value.objectValue?.count), operand) { $0 >= $1 })
        case "maxProperties": try require(number(count(value.objectValue?.count), operand) { $0 <= $1 })
        case "pattern":
            let text = value.stringValue ?? ""
            try require(text.wholeMatch(of: try Regex(operand.stringValue ?? "")) != nil)
        case "required":
            guard let object = value.objectValue else { break }
            try require(operand.arrayValue?.allSatisfy { object[$0.stringValue ?? ""] != nil })
        case "items":
            for (index, element) in (value.arrayValue ?? []).enumerated() {
                try check(element, against: operand, at: "\(path)[\(index)]")
            }
        case "properties":
            for (key, property) in operand.objectValue ?? [:] {
                if let member = value[key] { try check(member, against: property, at: "\(path).\(key)") }
            }
        case "additionalProperties":
            try require((value.objectValue ?? [:]).keys.allSatisfy { schema["properties"]?[$0] != nil })
        default: throw Violation(description: "\(path): keyword \(keyword) is not known to this checker")
        }
    }

    private func isType(_ name: String, _ value: JSONValue) -> Bool {
        switch (name, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null):
            true
        case ("integer", .integer), ("number", .integer), ("number", .number): true
        default: false
        }
    }

    private func number(_ left: JSONValue?, _ right: JSONValue, _ compare: (Double, Double) -> Bool) -> Bool?
    {
        guard let left = left?.numberValue, let right = right.numberValue else { return nil }
        return compare(left, right)
    }

    private func length(_ value: JSONValue) -> JSONValue? { count(value.stringValue?.unicodeScalars.count) }

    private func count(_ count: Int?) -> JSONValue? { count.map { .integer(Int64($0)) } }
}
