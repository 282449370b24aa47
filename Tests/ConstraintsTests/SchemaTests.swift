import Constraints
import Contract
import JSON
import TestSupport
import Testing

/// What a constraint makes of a schema.
@Suite struct `A schema` {
    struct Case: Sendable, CustomStringConvertible {
        var name: String
        var schema: JSONValue
        var valid: [JSONValue]
        var invalid: [JSONValue]

        var description: String { name }
    }

    /// Schemas with instances that the reference implementation has judged.
    private static let cases: [Case] = {
        let path = PackageFolder.path + "/Tests/ConstraintsTests/Fixtures/schemas.json"
        guard let bytes = try? TestFile.bytes(of: path), let file = try? JSONValue(parsing: bytes) else {
            return []
        }
        return (file["cases"]?.arrayValue ?? []).map { entry in
            Case(
                name: entry["name"]?.stringValue ?? "",
                schema: entry["schema"] ?? .null,
                valid: entry["valid"]?.arrayValue ?? [],
                invalid: entry["invalid"]?.arrayValue ?? []
            )
        }
    }()

    @Test(arguments: cases) func `lets exactly its instances through`(judged: Case) throws {
        let constraint = try CompiledConstraint(OutputConstraint(.schema, judged.schema.description))
        for instance in judged.valid {
            #expect(constraint.accepts(instance.serialized), "\(instance)")
            #expect(constraint.accepts(instance.spaced().utf8), "\(instance.spaced())")
        }
        for instance in judged.invalid { #expect(!constraint.accepts(instance.serialized), "\(instance)") }
    }

    @Test func `is judged by many cases`() { #expect(Self.cases.count == 49) }

    private static let texts: [(String, String, String)] = [
        (#"{"type":"integer"}"#, "12 -7 0 9223372036854775807", "1.0 1e2 -0 01 +1 9223372036854775808"),
        (#"{"type":"number"}"#, "0.1 -2.50 1e5 1E-7 1.5e+30 -0.0", "01 .5 1. 1e 1e999 NaN Infinity"),
        (
            #"{"minimum":-2.5,"maximum":10,"type":"number"}"#, "-2.5 -2.49 0 9.99 10 10.0",
            "-2.51 10.01 11 -3 100"
        ),
        (
            #"{"exclusiveMinimum":0,"exclusiveMaximum":1,"type":"number"}"#, "0.1 0.999 0.0001",
            "0 1 0.0 1.0 -0.5"
        ),
        (#"{"minimum":0.05,"type":"number"}"#, "0.05 0.050 0.1 1 10 123.4", "0.04 0 0.0499 -1"),
        (#"{"type":"integer","minimum":1.5,"maximum":100}"#, "2 9 10 99 100", "1 101 0 -5 1000"),
        (#"{"type":"integer","multipleOf":7}"#, "0 7 -14 21 700 7000007", "1 8 -13 701"),
        (#"{"type":"number","multipleOf":0.25}"#, "0 0.25 -1.5 3 10.750", "0.1 0.26 0.251"),
        (#"{"type":"integer","minimum":-120,"maximum":-7}"#, "-7 -8 -99 -100 -119 -120", "-6 0 -121 7 -1200"),
        (#"{"enum":[1.5,2.0,1e16]}"#, "1.5 2.0 2 1e+16 10000000000000000", "1.50 3"),
        (#"{"type":["integer","string"],"nullable":true}"#, #"1 "a" null"#, "1.5 true"),
        (#"{"not":{"type":"string"}}"#, "1 null [] {}", #""a""#),
        (#"{"const":{"a":[1,{"b":null}]}}"#, #"{"a":[1,{"b":null}]}"#, #"{"a":[1,{}]} {}"#),
        (#"{"enum":["aé","b"]}"#, #""aé" "a\u00e9" "\u0061\u00E9" "\u0062""#, #""a" "a\u00e8" "bb""#),
        (
            #"{"type":"string","maxLength":1}"#, #""" "x" "é" "😀" "\n" "\ud83d\ude00" "\/""#,
            #""xx" "\ud83d" "\ude00" "\x""#
        ),
        (#"{"type":"string","pattern":"^\\S+$","maxLength":3}"#, #""abc" "é""#, #""" "abcd" "a\u0020b""#),
        (#"{"type":"string","pattern":"b$"}"#, #""b" "ab""#, #""ba" "b\n""#),
        (
            #"{"type":"object","required":["a"],"additionalProperties":{"type":"integer"}}"#,
            #"{"a":1} {"a":1,"b":2}"#, #"{} {"a":"x"} {"a":1,"b":"c"}"#
        ),
        (
            #"{"type":"object","patternProperties":{"^x_":{"type":"integer"}},"additionalProperties":false}"#,
            #"{} {"x_1":1} {"x_1":1,"x_2":2}"#, #"{"y":1} {"x_1":"s"}"#
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"integer"}},"#
                + #""patternProperties":{"^a":{"minimum":5}}}"#,
            #"{"a":5} {"ab":7} {"ab":"s"}"#, #"{"a":4} {"ab":4}"#
        ),
        (#"{"allOf":[{"minimum":3},{"maximum":5}],"type":"integer"}"#, "3 4 5", "2 6"),
        (
            #"{"allOf":[{"additionalProperties":false,"properties":{"a":{}}},{"required":["b"]}],"#
                + #""type":["object","null"]}"#,
            "null", #"{"a":1,"b":1} {"b":1}"#
        ),
        (
            #"{"anyOf":[{"required":["a"]},{"required":["b"]}],"type":"object","#
                + #""properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}"#,
            #"{"a":1} {"b":1} {"a":1,"b":2}"#, "{}"
        ),
        (
            #"{"oneOf":[{"properties":{"t":{"const":"x"},"v":{"type":"integer"}},"#
                + #""required":["t"]},{"properties":{"t":{"const":"y"}},"required":["t"]}],"#
                + #""type":"object"}"#,
            #"{"t":"x","v":1} {"t":"y","v":"s"}"#, #"{"t":"x","v":"s"} {"t":"z"}"#
        ),
        (#"{"oneOf":[{"type":"integer","maximum":0},{"type":"integer","minimum":1}]}"#, "0 1 -5", "0.5"),
        (
            #"{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":100000000}"#,
            "[1,2] [1,2,3]", "[] [1]"
        ),
        (
            #"{"type":"object","minProperties":2,"maxProperties":2,"properties":{"a":{},"b":{},"#
                + #""c":{}},"additionalProperties":false}"#,
            #"{"a":1,"b":1} {"a":1,"c":1} {"b":1,"c":1}"#, #"{} {"a":1} {"a":1,"b":1,"c":1}"#
        ),
        (
            #"{"type":"string","format":"date"}"#, #""2024-02-29" "2026-11-30""#,
            #""2023-02-29" "2026-11-31" "26-1-1""#
        ),
        (
            #"{"type":"string","format":"ipv6"}"#,
            #""::" "::1" "1:2:3:4:5:6:7:8" "fe80::1" "::ffff:1.2.3.4" "1:2:3:4:5:6:7::""#,
            #"":" "1:2" "1::2::3" "1:2:3:4:5:6:7:8:9" "12345::""#
        ),
        (
            #"{"type":"string","format":"date-time"}"#,
            #""2026-03-14T15:09:26Z" "2026-03-14T15:09:26.5+01:00""#, #""2026-03-14" "2026-03-14T25:00:00Z""#
        ),
        (##"{"$defs":{"a/b":{"type":"integer"}},"$ref":"#/$defs/a~1b"}"##, "1", #""x""#),
        (
            #"{"items":[{"type":"integer"},{"type":"null"}],"additionalItems":{"const":"x"},"type":"array"}"#,
            #"[] [1] [1,null] [1,null,"x","x"]"#, #"["x"] [1,"x"] [1,null,2]"#
        ),
        (
            #"{"type":"array","items":{"enum":["a","b",1]},"uniqueItems":true,"minItems":1}"#,
            #"["a"] ["b","a"] [1,"a","b"]"#, #"[] ["a","a"] ["a","b","a"] [1,"a","b",1] ["c"]"#
        ),
        (
            #"{"type":"array","items":{"type":["boolean","null"]},"uniqueItems":true,"maxItems":2}"#,
            "[] [true,null] [false,true]", "[null,null] [true,false,null]"
        ),
        (
            #"{"type":"array","items":{"type":"string"},"uniqueItems":true,"maxItems":1}"#, #"[] ["a"]"#,
            #"["a","b"]"#
        ),
        (
            #"{"type":"array","items":{"type":"integer"},"contains":{"minimum":5},"maxItems":3}"#,
            "[5] [1,5] [7,1] [1,2,9] [9,1,2]", "[] [1] [1,2] [1,2,3] [1,2,3,9]"
        ),
        (
            #"{"type":"array","contains":{"const":"x"},"minItems":2}"#,
            #"["x",1] [1,"x"] [[],"x",{}]"#, #"["x"] [] [1,2]"#
        ),
        (#"{"type":"array","contains":true,"items":{"type":"integer"}}"#, "[1] [1,2]", "[]"),
        (#"{"type":"array","contains":{"const":1},"minContains":0}"#, "[] [2] [1]", "1"),
        (
            #"{"type":"object","propertyNames":{"pattern":"^[A-Z]+$"},"additionalProperties":{"const":1}}"#,
            #"{} {"A":1,"BC":1}"#, #"{"a":1} {"":1} {"A":2}"#
        ),
        (
            #"{"type":"object","propertyNames":{"enum":["a","b"]},"properties":{"a":{},"c":{}}}"#,
            #"{"a":1} {"b":2,"a":1}"#, #"{"c":1} {"d":1}"#
        ),
        (#"{"type":"object","propertyNames":{"maxLength":2}}"#, #"{"ab":1} {"":1}"#, #"{"abc":1}"#),
        (
            #"{"type":"object","properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]},"#
                + #""additionalProperties":false}"#,
            #"{} {"b":1} {"a":1,"b":1} {"b":1,"a":1}"#, #"{"a":1}"#
        ),
        (
            #"{"type":"object","properties":{"a":{},"b":{}},"#
                + #""dependencies":{"a":{"properties":{"b":{"const":2}},"required":["b"]}}}"#,
            #"{} {"b":1} {"a":1,"b":2}"#, #"{"a":1} {"a":1,"b":1}"#
        ),
        (#"{"type":"string","format":"uuid"}"#, #""123e4567-e89b-12d3-a456-426614174000""#, #""123e4567""#),
    ]

    @Test(arguments: texts) func `decides about texts`(
        schema: String,
        accepted: String,
        refused: String
    ) throws {
        let constraint = try CompiledConstraint(OutputConstraint(.schema, schema))
        for text in accepted.split(separator: " ") { #expect(constraint.accepts(text.utf8), "\(text)") }
        for text in refused.split(separator: " ") { #expect(!constraint.accepts(text.utf8), "\(text)") }
    }

    private static let unsupported: [(String, String)] = [
        (#"{"if":{}}"#, "if"), (#"{"contains":{"const":1},"prefixItems":[{}]}"#, "contains"),
        (#"{"allOf":[{"contains":{"const":1}},{"contains":{"const":2}}]}"#, "contains"),
        (#"{"contains":{},"maxContains":2}"#, "maxContains"),
        (#"{"contains":{},"minContains":2}"#, "minContains"),
        (#"{"uniqueItems":true}"#, "uniqueItems"),
        (#"{"uniqueItems":true,"items":{"type":"integer","minimum":0,"maximum":1}}"#, "uniqueItems"),
        (#"{"propertyNames":{"anyOf":[{"maxLength":1},{"minLength":3}]}}"#, "propertyNames"),
        (#"{"unevaluatedProperties":false}"#, "unevaluatedProperties"),
        (#"{"dependentRequired":{"a":1}}"#, "dependentRequired"), (#"{"not":{"minimum":3}}"#, "not"),
        (#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#, "oneOf"),
        (#"{"type":"string","format":"regex"}"#, "format"),
        (#"{"type":"string","pattern":"(?=a)"}"#, "pattern"),
        (#"{"$ref":"https://example.com/x"}"#, "$ref"), (##"{"$ref":"#/$defs/none"}"##, "$ref"),
        (##"{"$ref":"#"}"##, "$ref"), (#"{"whatever":1}"#, "whatever"),
        (#"{"items":[{}],"prefixItems":[{}]}"#, "items"),
        (#"{"type":"text"}"#, "type"),
    ]

    @Test(arguments: unsupported) func `is refused by the name of what is not supported`(
        schema: String,
        keyword: String
    ) {
        #expect {
            _ = try CompiledConstraint(OutputConstraint(.schema, schema))
        } throws: { error in
            (error as? ConstraintError)?.keyword == keyword
        }
    }

    @Test(arguments: [
        "false", #"{"enum":[]}"#, #"{"type":"integer","minimum":3,"maximum":2}"#,
        ##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"##,
        #"{"type":"array","items":false,"minItems":1}"#, #"{"type":"string","minLength":3,"maxLength":2}"#,
        #"{"type":"string","pattern":"^a{5}$","maxLength":3}"#,
        #"{"type":"object","maxProperties":0,"required":["a"]}"#,
    ]) func `that nothing satisfies is refused`(schema: String) {
        #expect(throws: ConstraintError.self) {
            _ = try CompiledConstraint(OutputConstraint(.schema, schema))
        }
    }
}

extension JSONValue {
    /// As Python writes it.
    func spaced() -> String {
        switch self {
        case .array(let elements): "[" + elements.map { $0.spaced() }.joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.map { "\(JSONValue.string($0.key)): \($0.value.spaced())" }.joined(separator: ", ")
                + "}"
        default: description
        }
    }
}
