import Constraints
import Contract
import JSON
import Testing

/// Constraints that would take for ever, or all memory, if nobody looked after that.
@Suite struct `A hostile constraint` {
    private static func tower(_ height: Int, _ body: (Int) -> JSONValue) -> JSONValue {
        var definitions: JSONObject = [:]
        for level in 0..<height { definitions["d\(level)"] = body(level) }
        definitions["d\(height)"] = ["type": "object"]
        return ["$defs": .object(definitions), "$ref": "#/$defs/d0"]
    }

    private static func reference(_ level: Int) -> JSONValue { ["$ref": .string("#/$defs/d\(level)")] }

    private static let schemas: [JSONValue] = [
        ["type": "string", "minLength": 1_000_000_000, "maxLength": 2_000_000_000],
        ["type": "array", "minItems": 1_000_000_000],
        ["type": "string", "pattern": "^[a-z]{1,50000}$"],
        ["type": "string", "pattern": "a", "maxLength": 1_000_000],
        ["type": "integer", "multipleOf": 99_991],
        ["type": "number", "minimum": 1e-300, "maximum": 1e300],
        tower(30) { ["properties": ["x": true], "allOf": [reference($0 + 1), reference($0 + 1)]] },
        tower(30) { ["anyOf": [reference($0 + 1), reference($0 + 1)]] },
        tower(30) {
            ["properties": ["x": reference($0 + 1)], "anyOf": [["minProperties": 1], reference($0 + 1)]]
        },
        [
            "allOf": .array(
                (0..<20).map { ["anyOf": [["minimum": .integer($0)], ["maximum": .integer(-$0)]]] }
            )
        ],
        [
            "anyOf": .array(
                (2..<40).map { ["type": "array", "items": ["$ref": "#"], "maxItems": .integer($0)] }
            )
        ],
        ["type": "object", "properties": .object((0..<1000).reduce(into: [:]) { $0["p\($1)"] = true })],
        ["type": "object", "properties": .object((0..<2000).reduce(into: [:]) { $0["p\($1)"] = true })],
    ]

    @Test(arguments: schemas) func `is refused or followed, and never goes on for ever`(
        schema: JSONValue
    ) throws {
        do throws(ConstraintError) {
            let constraint = try CompiledConstraint(OutputConstraint(.schema, schema.description))
            for text in [
                "[[[[[[[[[[[]]]]]]]]]]]", "{\"x\":{\"x\":1}}", "\"aaaaaaaaaaaaaaaaaaaaaaaaa\"", "12",
            ] {
                _ = constraint.accepts(text.utf8)
            }
        } catch {
            #expect(error.keyword != nil, "\(error)")
        }
    }

    @Test(arguments: [
        "root ::= a0\n" + (0..<40).map { "a\($0) ::= a\($0 + 1) a\($0 + 1)\n" }.joined() + "a40 ::= \"x\"?",
        "root ::= a\na ::= \"x\" a a | \"x\" | \"\"",
        "root ::= " + (0..<2000).map { _ in "\"x\"+ \"y\"" }.joined(separator: " | "),
    ]) func `is an ambiguous grammar`(grammar: String) throws {
        let constraint = try CompiledConstraint(OutputConstraint(.grammar, grammar))
        _ = constraint.accepts(String(repeating: "x", count: 50).utf8)
    }
}
