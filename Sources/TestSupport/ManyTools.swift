public import JSON

/// The tools of a very large server, all of them different.
public enum ManyTools {
    private static let words = [
        "query", "path", "limit", "offset", "title", "body", "labels", "owner", "repo", "branch", "since",
        "until", "recursive", "format", "timeout", "encoding", "user", "channel", "priority", "notes",
    ]

    /// A tool's parameters as such servers describe them: with nested objects, lists, enums, bounds and texts
    /// for people.
    ///
    /// `isClosed`: no other members may come.
    public static func parameters(_ number: Int, isClosed: Bool = false) -> JSONValue {
        var random = SplitMix64(seed: UInt64(number))
        var properties = JSONObject()
        for place in 0..<Int.random(in: 4...9, using: &random) {
            let word = words[(number * 7 + place * 3) % words.count]
            properties["\(word)_\(place)"] = property(number, place, &random)
        }
        let required = properties.keys.prefix(3).map { JSONValue.string($0) }
        var parameters: JSONObject = [
            "type": "object", "properties": .object(properties), "required": .array(Array(required)),
            "$schema": "http://json-schema.org/draft-07/schema#",
        ]
        if isClosed { parameters["additionalProperties"] = false }
        return .object(parameters)
    }

    private static func property(_ number: Int, _ place: Int, _ random: inout SplitMix64) -> JSONValue {
        let text: JSONValue = .string("What property \(place) of tool \(number) is for, in a sentence.")
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return ["type": "integer", "minimum": 1, "maximum": 100, "description": text]
        case 1: return ["type": "number", "description": text]
        case 2: return ["type": "boolean", "default": false, "description": text]
        case 3: return ["enum": ["asc", "desc", .string("by_\(number)")], "description": text]
        case 4: return ["type": "array", "items": ["type": "string"], "description": text]
        case 5:
            return [
                "type": "object", "description": text,
                "properties": ["from": ["type": "string"], "line": ["type": "integer"]],
                "required": ["from"], "additionalProperties": false,
            ]
        case 6: return ["anyOf": [["type": "string"], ["type": "null"]], "description": text]
        case 7: return ["type": "string", "format": "date-time", "description": text]
        default: return ["type": "string", "description": text]
        }
    }
}
