import Constraints
import Contract
import JSON
import TestSupport
import Testing

/// Texts that chance writes under a constraint.
@Suite struct `A text under a schema` {
    @Test(arguments: 0..<24 as Range<UInt64>) func `always satisfies it`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let schema = RandomSchema.make(&random, depth: 3)
        let constraint: CompiledConstraint
        do throws(ConstraintError) {
            constraint = try CompiledConstraint(OutputConstraint(.schema, schema.description))
        } catch {
            // A drawn schema may contradict itself; it may not be unsupported.
            #expect(error.keyword == nil, "seed \(seed): \(error) \(schema)")
            return
        }
        for _ in 0..<3 {
            guard let text = try Self.write(constraint, &random) else { continue }
            // This reader takes no name twice.
            let value = try JSONValue(parsing: text)
            #expect(SchemaCheck.satisfies(value, schema), "seed \(seed): \(value) \(schema)")
        }
    }

    /// Draws token after token, and prefers what closes something once the text is long; nil for one that
    /// has become too long.
    private static func write(
        _ compiled: CompiledConstraint,
        _ random: inout SplitMix64
    ) throws -> [UInt8]? {
        let tokens = `A mask`.tokens
        let constraint = TokenConstraint(compiled, `A mask`.trie)
        var desk = ConstraintDesk()
        let cursor = desk.open(constraint)
        var ids: [TokenID] = []
        while let choice = desk.choice(cursor) {
            let (mask, mayEnd) = (choice.tokens, choice.mayEnd)
            if desk.isComplete(cursor) || (mayEnd && random.next() % 4 == 0) { break }
            guard ids.count < 300 else { return nil }
            var allowed = tokens.indices.filter { mask.contains(TokenID($0)) }
            if ids.count > 40 {
                // What closes something comes first, then what is short.
                let closing = allowed.filter { tokens[$0].first.map { "\"]}".utf8.contains($0) } ?? false }
                if !closing.isEmpty { allowed = closing }
            }
            let printable = allowed.filter { tokens[$0].allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
            if !printable.isEmpty, random.next() % 8 > 0 { allowed = printable }
            guard let next = allowed.randomElement(using: &random) else { break }
            ids.append(TokenID(next))
            try desk.read(ids[...], cursor)
        }
        return ids.flatMap { tokens[Int($0)] }
    }
}

/// Schemas of the supported keywords that a seed draws.
private enum RandomSchema {
    static func make(_ random: inout SplitMix64, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &random) {
        case 0: return integer(&random)
        case 1: return number(&random)
        case 2: return string(&random)
        case 3: return ["type": ["boolean", "null"]]
        case 4: return ["enum": ["a", "b\"c", 1, 2.5, nil, ["x": [1]]]]
        case 5:
            return [
                "type": "string",
                "pattern": .string(
                    ["^[a-c]{1,4}$", "x", "^\\d+(,\\d+)*$"][Int.random(in: 0..<3, using: &random)]
                ),
            ]
        case 6, 7: return object(&random, depth: depth - 1)
        case 8: return array(&random, depth: depth - 1)
        default: return ["anyOf": [make(&random, depth: depth - 1), make(&random, depth: depth - 1)]]
        }
    }

    private static func integer(_ random: inout SplitMix64) -> JSONValue {
        let low = Int64.random(in: -2000...2000, using: &random)
        var schema: JSONObject = ["type": "integer"]
        if Bool.random(using: &random) { schema["minimum"] = .integer(low) }
        if Bool.random(using: &random) {
            schema["maximum"] = .integer(low + Int64.random(in: 0...3000, using: &random))
        }
        if Int.random(in: 0..<4, using: &random) == 0 { schema["multipleOf"] = 3 }
        return .object(schema)
    }

    private static func number(_ random: inout SplitMix64) -> JSONValue {
        let low = Double(Int.random(in: -2000...2000, using: &random)) / 16
        var schema: JSONObject = ["type": "number"]
        if Bool.random(using: &random) { schema["minimum"] = .number(low) }
        if Bool.random(using: &random) { schema["exclusiveMaximum"] = .number(low + 7.25) }
        return .object(schema)
    }

    private static func string(_ random: inout SplitMix64) -> JSONValue {
        var schema: JSONObject = ["type": "string"]
        let least = Int64.random(in: 0...4, using: &random)
        if Bool.random(using: &random) { schema["minLength"] = .integer(least) }
        if Bool.random(using: &random) { schema["maxLength"] = .integer(least + 3) }
        return .object(schema)
    }

    private static func object(_ random: inout SplitMix64, depth: Int) -> JSONValue {
        var schema: JSONObject = ["type": "object"]
        var properties: JSONObject = [:]
        var required: [JSONValue] = []
        for name in ["a", "b\n", "ü", "long name"].prefix(Int.random(in: 0...4, using: &random)) {
            properties[name] = make(&random, depth: depth)
            if Bool.random(using: &random) { required.append(.string(name)) }
        }
        schema["properties"] = .object(properties)
        schema["required"] = .array(required)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: schema["additionalProperties"] = false
        case 1: schema["additionalProperties"] = make(&random, depth: 0)
        default: break
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            schema["maxProperties"] = .integer(
                Int64(required.count) + Int64.random(in: 0...2, using: &random)
            )
        }
        return .object(schema)
    }

    private static func array(_ random: inout SplitMix64, depth: Int) -> JSONValue {
        var schema: JSONObject = ["type": "array", "items": make(&random, depth: depth)]
        let least = Int64.random(in: 0...3, using: &random)
        if Bool.random(using: &random) { schema["minItems"] = .integer(least) }
        if Bool.random(using: &random) { schema["maxItems"] = .integer(least + 2) }
        if Bool.random(using: &random) {
            schema["prefixItems"] = [make(&random, depth: 0), make(&random, depth: 0)]
        }
        return .object(schema)
    }
}
