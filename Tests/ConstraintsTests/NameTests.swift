import Contract
import JSON
import TestSupport
import Testing

@testable import Constraints

/// Names that no schema lists.
@Suite struct `A free name` {
    private static func accepts(_ schema: String, _ text: String) throws -> Bool {
        try CompiledConstraint(OutputConstraint(.schema, schema)).accepts(text.utf8)
    }

    private static let counts =
        #"{"type":"object","additionalProperties":{"type":"integer"},"minProperties":2}"#

    @Test(arguments: [
        (#"{"a":1,"b":2}"#, true), (#"{"a":1,"a":2}"#, false), (#"{"":1,"":2}"#, false),
        (#"{"":1,"a":2}"#, true), (#"{"a":1,"ab":2,"abc":3}"#, true), (#"{"ab":1,"a":2,"ab":3}"#, false),
        (#"{"a":1,"\u0061":2}"#, false), (#"{"é":1,"\u00e9":2}"#, false), (#"{"/":1,"\/":2}"#, false),
        (#"{"a":1}"#, false), (#"{"a":1,"b":2,"c":3,"b":4}"#, false),
    ]) func `comes once, however it is written`(text: String, isRight: Bool) throws {
        #expect(try Self.accepts(Self.counts, text) == isRight)
    }

    @Test(arguments: [
        (#"{"a":{"a":{"a":1},"b":2},"b":{"a":1}}"#, true), (#"{"a":{"a":1,"a":2}}"#, false),
        (#"[{"a":1},{"a":1}]"#, true), (#"{"a":{},"b":[{"c":1}],"a":1}"#, false),
    ]) func `is its object's alone`(text: String, isRight: Bool) throws {
        #expect(try Self.accepts("{}", text) == isRight)
    }

    @Test func `is one that its pattern still has`() throws {
        let schema =
            #"{"type":"object","patternProperties":{"^(ab|b.*)$":{"type":"integer"}},"#
            + #""additionalProperties":false}"#
        #expect(try Self.accepts(schema, #"{"ab":1,"b":2,"bb":3}"#))
        let compiled = try CompiledConstraint(OutputConstraint(.schema, schema))
        var automaton = compiled.automaton()
        // There is no other one that begins so.
        let state = automaton.step(automaton.start, #"{"ab":1,"a"#.utf8)
        #expect(state == ByteAutomaton.dead)
        let other = automaton.step(automaton.start, #"{"ab":1,"b"#.utf8)
        #expect(other != ByteAutomaton.dead)
    }

    @Test func `is a member of its own where there are few`() throws {
        let schema = #"{"type":"object","propertyNames":{"enum":["a","b"]},"minProperties":2}"#
        #expect(try Self.accepts(schema, #"{"b":1,"a":2}"#))
        #expect(try !Self.accepts(schema, #"{"b":1,"b":2}"#))
        let three = schema.replacing(":2}", with: ":3}")
        #expect(throws: ConstraintError.self) { try Self.accepts(three, "{}") }
    }

    @Test func `is remembered when all else is forgotten`() throws {
        var automaton = try CompiledConstraint(OutputConstraint(.schema, "{}")).automaton()
        var state = automaton.start
        for byte in #"{"one":1,"two":[{"one":"#.utf8 {
            state = automaton.step(state, CollectionOfOne(byte))
            state = automaton.keep([state])[0]
        }
        let again = automaton.step(state, #"2}],"three":3,"one"#.utf8)
        #expect(again == ByteAutomaton.dead || automaton.step(again, "\"".utf8) == ByteAutomaton.dead)
        let other = automaton.step(state, #"2}],"three":3,"ones":4}"#.utf8)
        #expect(automaton.accepts(other))
    }

    @Test(arguments: 0..<12 as Range<UInt64>) func `is allowed by masks exactly where it may come`(
        seed: UInt64
    ) throws {
        let compiled = try CompiledConstraint(OutputConstraint(.schema, Self.counts))
        let tokens = [
            "{\"", "a", "b", "ab", "\":", "\"", ":", "1", ",\"", "}", "a\":1,\"", "b\":1}", ",\"a\":1",
        ]
        let trie = TokenTrie(tokenCount: tokens.count) { (Array(tokens[Int($0)].utf8), isMark: false) }
        var random = SplitMix64(seed: seed)
        var desk = ConstraintDesk()
        let cursor = desk.open(TokenConstraint(compiled, trie))
        var automaton = compiled.automaton(isGenerating: true)
        var (state, ids) = (automaton.start, [TokenID]())
        for step in 0..<60 {
            let choice = desk.choice(cursor)
            let mask = try #require(choice).tokens
            var allowed: [Int] = []
            for (id, token) in tokens.enumerated() {
                let isAllowed = automaton.step(state, token.utf8) != ByteAutomaton.dead
                // A token that holds a whole further name is not tried.
                let isTried = token != ",\"a\":1" || !isAllowed
                if isTried { #expect(mask.contains(TokenID(id)) == isAllowed, "step \(step): \(token)") }
                if mask.contains(TokenID(id)) {
                    #expect(isAllowed, "step \(step): \(token)")
                    allowed.append(id)
                }
            }
            guard let next = allowed.randomElement(using: &random) else { break }
            state = automaton.step(state, tokens[next].utf8)
            ids.append(TokenID(next))
            try desk.read(ids[...], cursor)
        }
        #expect(ids.count > 3)
    }
}
