import Constraints
import Contract
import JSON
import TestSupport
import Testing

/// Which tokens a constraint lets come next.
@Suite struct `A mask` {
    static let constraints: [OutputConstraint] = [
        OutputConstraint(.schema, "{}"),
        OutputConstraint(
            .schema,
            #"{"type":"object","properties":{"a":{"type":"integer"},"né":{"type":"string"}},"#
                + #""required":["a"]}"#
        ),
        OutputConstraint(.schema, #"{"type":"string","maxLength":3}"#),
        OutputConstraint(.schema, #"{"type":"string","minLength":2,"maxLength":40}"#),
        OutputConstraint(
            .schema,
            #"{"type":"array","items":{"enum":["ab","a\"b",1,12]},"minItems":2,"maxItems":3}"#
        ),
        OutputConstraint(.schema, #"{"type":"string","pattern":"^[a-é]{2,}$"}"#),
        OutputConstraint(
            .schema,
            ##"{"anyOf":[{"type":"string","maxLength":2},{"type":"array","items":{"$ref":"#"}},"##
                + ##"{"type":"number","minimum":-1.5}]}"##
        ),
        OutputConstraint(.regex, #"(ab|a"|é)*c"#),
        OutputConstraint(.choice, #"["a","ab","abc\"d"]"#),
        OutputConstraint(.grammar, "root ::= \"(\" root? \")\" | [a-c]{1,2}"),
    ]

    /// All bytes, and pieces of what the constraints are about.
    static let tokens: [[UInt8]] = {
        var tokens: [[UInt8]] = (0...255).map { [$0] }
        for text in [
            "ab", "abc", "\"a", "a\"", "a\",", "\":", "\": ", "{\"", "{\"a\":", "[\"", "\"]", "[[", "]]",
            ", \"", "12", "1.5",
            "null", "true", " true", "\\u00", "\\\"", "\\ud83d", "é", "né\"", "\u{1F600}", "aa", "aaaa", "(a",
            ")", "((", "))",
            " a", "\n  ", "  ", "ab\"", "c", "bc", "0", "-1", "}", "}]", "\"}", "",
        ] { tokens.append(Array(text.utf8)) }
        tokens.append([0xC3, 0xA9, 0x61])
        tokens.append([0xA9, 0x22])
        return tokens
    }()

    static let trie = TokenTrie(tokenCount: tokens.count) { id in (tokens[Int(id)], isMark: false) }

    @Test(arguments: constraints, [false, true])
    func `is what trying every token byte by byte gives`(constraint: OutputConstraint, drops: Bool) throws {
        let compiled = try CompiledConstraint(constraint)
        let shared = TokenConstraint(compiled, Self.trie, dropsFirstSpace: drops)
        for seed in 0..<3 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var desk = ConstraintDesk()
            let cursor = desk.open(shared)
            var ids: [TokenID] = []
            var automaton = compiled.automaton(isGenerating: true)
            var state = automaton.start
            for step in 0..<25 {
                guard let choice = desk.choice(cursor) else { return }
                let (mask, mayEnd) = (choice.tokens, choice.mayEnd)
                #expect(mayEnd == automaton.accepts(state), "seed \(seed), step \(step)")
                var allowed: [TokenID] = []
                for (id, bytes) in Self.tokens.enumerated() where !bytes.isEmpty {
                    let shown = drops && step == 0 && bytes[0] == 0x20 ? bytes.dropFirst() : bytes[...]
                    let isAllowed = automaton.step(state, shown) != ByteAutomaton.dead
                    #expect(mask.contains(TokenID(id)) == isAllowed, "seed \(seed), step \(step), \(bytes)")
                    if isAllowed { allowed.append(TokenID(id)) }
                }
                guard let next = allowed.randomElement(using: &random) else {
                    #expect(mayEnd)
                    break
                }
                let bytes = Self.tokens[Int(next)]
                let shown = drops && step == 0 && bytes[0] == 0x20 ? bytes.dropFirst() : bytes[...]
                state = automaton.step(state, shown)
                ids.append(next)
                try desk.read(ids[...], cursor)
            }
            desk.close(cursor)
        }
    }

    @Test func `lets anything come in front of a marker`() throws {
        let outline = OutlineRules([
            .sequence([.free(besides: [Array("aab".utf8)]), .text("aab"), .pattern("a+")])
        ])
        let constraint = TokenConstraint(try CompiledConstraint(outline), Self.trie)
        var desk = ConstraintDesk()
        let cursor = desk.open(constraint)
        var ids: [TokenID] = []
        // A byte that begins no character may come too.
        for byte in [0x80, 0x78, 0x61, 0x61, 0x61, 0x62] as [TokenID] {
            let chosen = desk.choice(cursor)
            let choice = try #require(chosen)
            #expect(choice.tokens.contains(0xC3) && choice.tokens.contains(0x22) && !choice.mayEnd)
            #expect(!choice.tokens.contains(0xFF))
            ids.append(byte)
            try desk.read(ids[...], cursor)
        }
        let chosen = desk.choice(cursor)
        let choice = try #require(chosen)
        #expect(choice.tokens.contains(0x61) && !choice.tokens.contains(0x62) && !choice.mayEnd)
    }

    @Test func `knows a sign by its id, and never by its spelling`() throws {
        let outline = OutlineRules([.sequence([.bytes([0xFF, 0x61, 0xFE]), .pattern("a*")])])
        let trie = TokenTrie(tokenCount: 258, signs: [256: [0xFF, 0x61, 0xFE]]) {
            (bytes: $0 < 256 ? [UInt8($0)] : [0x61], isMark: $0 == 257)
        }
        var desk = ConstraintDesk()
        let cursor = desk.open(TokenConstraint(try CompiledConstraint(outline), trie))
        let chosen = desk.choice(cursor)
        let first = try #require(chosen?.tokens)
        #expect((0..<258).filter { first.contains($0) } == [256])
        try desk.read([256], cursor)
        let next = desk.choice(cursor)
        let second = try #require(next?.tokens)
        #expect((0..<258).filter { second.contains($0) } == [0x61])
    }

    @Test(arguments: [
        #"{"type":"string"}"#, #"{"type":"string","pattern":"^[a-z]+$"}"#, #"{"enum":["a\u0001"]}"#,
    ])
    func `never writes a plain letter by its number, which a reader takes`(schema: String) throws {
        let compiled = try CompiledConstraint(OutputConstraint(.schema, schema))
        var reader = compiled.automaton()
        #expect(reader.step(reader.start, #""\u0061"#.utf8) != ByteAutomaton.dead)
        var writer = compiled.automaton(isGenerating: true)
        #expect(writer.step(writer.start, #""\u0061"#.utf8) == ByteAutomaton.dead)
        let digits = writer.step(writer.start, #""a\u00"#.utf8)
        #expect((digits == ByteAutomaton.dead) == schema.contains("pattern"))
        if digits != ByteAutomaton.dead {
            #expect(writer.step(digits, "01\"".utf8) != ByteAutomaton.dead)
        }
    }

    @Test func `leaves nothing of a row but what may come`() throws {
        let constraint = TokenConstraint(
            try CompiledConstraint(OutputConstraint(.choice, #"["b"]"#)),
            TokenTrie(tokenCount: 300) { ($0 < 256 ? [UInt8($0)] : [], isMark: $0 >= 256) }
        )
        var desk = ConstraintDesk()
        let cursor = desk.open(constraint)
        guard let mask = desk.choice(cursor)?.tokens else { return }
        var row = (0..<310).map { Float($0) }
        mask.apply(to: &row, at: 2..<306, besides: [301, 999])
        let kept = row.indices.filter { row[$0].isFinite }
        #expect(kept == [0, 1, 2 + 0x62, 2 + 301, 306, 307, 308, 309])
    }

    @Test func `tells an id that cannot come`() throws {
        let constraint = TokenConstraint(
            try CompiledConstraint(OutputConstraint(.choice, #"["b"]"#)),
            Self.trie
        )
        var desk = ConstraintDesk()
        let cursor = desk.open(constraint)
        #expect(throws: ConstraintBreach.self) { try desk.read([0x61], cursor) }
    }

    @Test func `stays right when what is remembered is forgotten`() throws {
        let compiled = try CompiledConstraint(OutputConstraint(.regex, "[ab]{18000}"))
        let constraint = TokenConstraint(compiled, Self.trie)
        var desk = ConstraintDesk()
        let cursors = [desk.open(constraint), desk.open(constraint)]
        var ids: [[TokenID]] = [[], []]
        for step in 0..<18_000 {
            for stream in 0...1 where stream == 0 || step < 9000 {
                ids[stream].append(0x61 + TokenID(step % 2))
                try desk.read(ids[stream][...], cursors[stream])
            }
        }
        #expect(desk.isComplete(cursors[0]))
        #expect(!desk.isComplete(cursors[1]))
        guard let choice = desk.choice(cursors[1]) else { return }
        let (mask, mayEnd) = (choice.tokens, choice.mayEnd)
        #expect(mask.contains(0x62) && !mask.contains(0x63) && !mayEnd)
    }
}
