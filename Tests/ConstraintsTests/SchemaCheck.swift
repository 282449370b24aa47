import Foundation
import JSON

/// What JSON Schema says of a value, keyword by keyword, for the keywords that drawn schemas have.
enum SchemaCheck {
    static func satisfies(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        if let flag = schema.boolValue { return flag }
        guard let keywords = schema.objectValue else { return false }
        return keywords.allSatisfy { satisfies(value, $0.key, $0.value, schema) }
    }

    private static func satisfies(
        _ value: JSONValue,
        _ keyword: String,
        _ operand: JSONValue,
        _ schema: JSONValue
    ) -> Bool {
        switch keyword {
        case "type": (operand.arrayValue ?? [operand]).contains { isType($0.stringValue ?? "", value) }
        case "enum": operand.arrayValue?.contains(value) ?? false
        case "anyOf": operand.arrayValue?.contains { satisfies(value, $0) } ?? false
        case "minimum": holds(value.numberValue, operand) { $0 >= $1 }
        case "maximum": holds(value.numberValue, operand) { $0 <= $1 }
        case "exclusiveMaximum": holds(value.numberValue, operand) { $0 < $1 }
        case "multipleOf": value.integerValue.map { $0 % (operand.integerValue ?? 1) == 0 } ?? true
        case "minLength": holds(length(value), operand) { $0 >= $1 }
        case "maxLength": holds(length(value), operand) { $0 <= $1 }
        case "minItems": holds(value.arrayValue.map { Double($0.count) }, operand) { $0 >= $1 }
        case "maxItems": holds(value.arrayValue.map { Double($0.count) }, operand) { $0 <= $1 }
        case "maxProperties": holds(value.objectValue.map { Double($0.count) }, operand) { $0 <= $1 }
        case "pattern":
            value.stringValue.map {
                $0.range(of: operand.stringValue ?? "", options: .regularExpression) != nil
            }
                ?? true
        case "required":
            value.objectValue.map { object in
                (operand.arrayValue ?? []).allSatisfy { object[$0.stringValue ?? ""] != nil }
            } ?? true
        case "properties", "additionalProperties": members(value, schema)
        case "items", "prefixItems": elements(value, schema)
        default: false
        }
    }

    private static func isType(_ name: String, _ value: JSONValue) -> Bool {
        switch name {
        case "integer": value.integerValue != nil
        case "number": value.numberValue != nil
        case "string": value.stringValue != nil
        case "boolean": value.boolValue != nil
        case "null": value.isNull
        case "array": value.arrayValue != nil
        default: value.objectValue != nil
        }
    }

    private static func length(_ value: JSONValue) -> Double? {
        value.stringValue.map { Double($0.unicodeScalars.count) }
    }

    /// Says nothing about values of another kind.
    private static func holds(
        _ number: Double?,
        _ operand: JSONValue,
        _ comparison: (Double, Double) -> Bool
    ) -> Bool {
        guard let number, let bound = operand.numberValue else { return number == nil }
        return comparison(number, bound)
    }

    private static func members(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        guard let object = value.objectValue else { return true }
        return object.allSatisfy { key, value in
            satisfies(value, schema["properties"]?[key] ?? schema["additionalProperties"] ?? true)
        }
    }

    private static func elements(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        guard let elements = value.arrayValue else { return true }
        let prefix = schema["prefixItems"]?.arrayValue ?? []
        return elements.enumerated().allSatisfy { index, element in
            satisfies(element, index < prefix.count ? prefix[index] : schema["items"] ?? true)
        }
    }
}
