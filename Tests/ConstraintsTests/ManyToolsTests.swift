import Contract
import JSON
import TestSupport
import Testing

@testable import Constraints

@Suite struct `Very many tools` {
    private static let words = [
        "query", "path", "limit", "offset", "title", "body", "labels", "owner", "repo", "branch", "since",
        "until", "recursive", "format", "timeout", "encoding", "user", "channel", "priority", "notes",
    ]

    /// A tool's parameters as such servers describe them: all different, with nested objects, lists, enums,
    /// bounds and texts for people.
    static func parameters(_ number: Int) -> JSONValue {
        var random = SplitMix64(seed: UInt64(number))
        var properties = JSONObject()
        for place in 0..<Int.random(in: 4...9, using: &random) {
            let word = words[(number * 7 + place * 3) % words.count]
            properties["\(word)_\(place)"] = property(number, place, &random)
        }
        let required = properties.keys.prefix(3).map { JSONValue.string($0) }
        return [
            "type": "object", "properties": .object(properties), "required": .array(Array(required)),
            "$schema": "http://json-schema.org/draft-07/schema#",
        ]
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

    private static func tags(_ parameters: JSONValue) -> TagNotation {
        var tags = TagNotation(
            open: Array("<parameter=".utf8),
            keyEnd: Array(">".utf8),
            valueOpen: [],
            valueEnd: Array("</parameter>".utf8),
            hasValueLines: true,
            enders: ["</parameter>"]
        )
        for name in parameters["properties"]?.objectValue?.keys ?? [] {
            tags.kinds[name] = [.null, .boolean, .integer, .number, .string, .array, .object]
        }
        return tags
    }

    @Test(arguments: 0..<4) func `are compiled within the limits, in every notation`(form: Int) throws {
        let calls = (0..<500).map { number in
            let parameters = Self.parameters(number)
            let forms: [ArgumentNotation] = [
                .object(.json), .object(.python), .keywords, .tagged(Self.tags(parameters)),
            ]
            return Outline.call(
                of: "tool_\(number)",
                .sequence([.text("tool_\(number)"), .arguments(parameters, forms[form])])
            )
        }
        let compiled = try CompiledConstraint(OutlineRules([.choice(calls)]))
        #expect(!compiled.accepts(Array("tool_7".utf8)))
    }

    @Test func `cost little more than the first`() throws {
        var compiler = SchemaCompiler(try Grammar())
        var spent: [Int] = []
        for number in 0..<500 {
            let left = compiler.budget.left
            _ = try compiler.arguments(of: Self.parameters(number), .object(.json))
            spent.append(left - compiler.budget.left)
        }
        let last = spent.suffix(400)
        #expect(last.reduce(0, +) / last.count < 4000, "\(spent.reduce(0, +)) steps for 500 tools")
    }
}
