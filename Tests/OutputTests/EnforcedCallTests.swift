import Constraints
import Contract
import JSON
import TestSupport
import Testing

@testable import Output

/// What chance says under the outline of an answer, and what the parser makes of it.
@Suite struct `An enforced call` {
    static let schemas: [(name: String, parameters: JSONValue?)] = [
        (
            "search",
            [
                "type": "object",
                "properties": [
                    "query": ["type": "string", "maxLength": 4],
                    "limit": ["type": ["integer", "null"], "minimum": 5, "maximum": 40],
                    "either": [
                        "anyOf": [
                            ["type": "string", "maxLength": 3],
                            ["type": "integer", "minimum": 70, "maximum": 99],
                        ]
                    ],
                    "tags": [
                        "type": "array", "items": ["enum": ["x", "<a", "</parameter>"]], "maxItems": 2,
                    ],
                    "place": ["$ref": "#/$defs/place"],
                ],
                "required": ["query", "either", "place"],
                "additionalProperties": false,
                "$defs": [
                    "place": [
                        "type": "object",
                        "properties": ["x": ["type": "integer", "minimum": 1, "maximum": 9]],
                        "required": ["x"],
                    ]
                ],
            ]
        ),
        (
            "pick",
            ["type": "object", "properties": ["of": ["enum": ["a\"b", "it's", 1.5, nil, ["k": true]]]]]
        ),
        ("now", nil),
    ]

    static let tools: [JSONValue] = schemas.map { name, parameters in
        var function: JSONObject = ["name": .string(name)]
        if let parameters { function["parameters"] = parameters }
        return ["type": "function", "function": .object(function)]
    }

    @Test(arguments: OutputFormat.all.map(\.name), [false, true])
    func `is one that the parser reads, with arguments that satisfy the schema`(
        name: String,
        hasSpecials: Bool
    ) throws {
        let model = try ChanceModel(name, hasSpecials: hasSpecials)
        for several in [true, false] {
            var demand = AnswerDemand(.none)
            demand.tools = Self.tools
            demand.strictTools = Set(Self.schemas.map(\.name))
            demand.allowsSeveralCalls = several
            demand.thinking = hasSpecials ? .always : .never
            let answers = try model.answers(demand, seeds: 0..<3)
            for said in answers {
                let calls = said.events.merged.told.filter { if case .thinking = $0 { false } else { true } }
                let isMany = calls.count > 1
                #expect(!calls.isEmpty && (several || !isMany), "\(calls) from \(said.text)")
                try expectRight(calls, said.text)
            }
        }
    }

    @Test(arguments: OutputFormat.all.map(\.name), [false, true])
    func `is right where none has to come`(name: String, hasSpecials: Bool) throws {
        let model = try ChanceModel(name, hasSpecials: hasSpecials)
        var demand = AnswerDemand(.free)
        demand.tools = Self.tools
        demand.strictTools = Set(Self.schemas.map(\.name))
        for said in try model.answers(demand, seeds: 0..<4) {
            let calls = said.events.merged.told.filter { if case .call = $0 { true } else { false } }
            try expectRight(calls, said.text)
        }
    }

    private func expectRight(_ calls: [Told], _ text: String) throws {
        for call in calls {
            guard case .call(let name, let arguments) = call else {
                Issue.record("\(call) is no call: \(text)")
                continue
            }
            let found = try #require(Self.schemas.first { $0.name == name })
            let schema = found.parameters ?? ["type": "object", "maxProperties": 0]
            let constraint = try CompiledConstraint(OutputConstraint(.schema, schema.description))
            let isRight = constraint.accepts(arguments.utf8)
            #expect(isRight, "\(name)(\(arguments)) from \(text)")
        }
    }

    @Test func `comes before or instead of a text that has a shape`() throws {
        let model = try ChanceModel("hermes", hasSpecials: true)
        var demand = AnswerDemand(.like(OutputConstraint(.choice, #"["yes","no"]"#)))
        demand.tools = Self.tools
        for said in try model.answers(demand, seeds: 0..<8) {
            let told = said.events.merged.told.filter { if case .thinking = $0 { false } else { true } }
            #expect(told.count >= 1)
            for piece in told where piece != .text("yes") && piece != .text("no") {
                guard case .call = piece else {
                    Issue.record("\(piece): \(said.text)")
                    continue
                }
            }
        }
    }

    @Test func `is refused where the format cannot write it, by the tool's name`() throws {
        let model = try ChanceModel("lfm2", hasSpecials: false)
        var demand = AnswerDemand(.none)
        demand.tools = [["type": "function", "function": ["name": "two words"]]]
        #expect(throws: Never.self) { try model.compile(demand) }
        let harmony = try ChanceModel("harmony", hasSpecials: false)
        #expect { try harmony.compile(demand) } throws: { error in
            (error as? ConstraintError)?.keyword == "two words"
        }
    }
}

/// A model that says what chance makes of what it may say.
private struct ChanceModel {
    let grammar: OutputGrammar
    let tokens: [[UInt8]]
    let specials: [TokenID: String]
    let trie: TokenTrie

    init(_ name: String, hasSpecials: Bool) throws {
        let format = OutputFormat.of(template: "<think>", name: name) { _ in false }
        let markers = hasSpecials ? format.markerTexts.sorted() : []
        grammar = OutputGrammar(format) { markers.contains($0) }
        var tokens: [[UInt8]] = (0...255).map { [$0] }
        for text in [
            "\": ", "\", \"", "{\"", "\"}", "search", "pick", "now", "name", "arguments", "it's", "'b", "</",
            "\n</",
            "parameter", "parameter>", "functions", "commentary", " to=", "query", "<|", "tool", "_call>",
            "true",
        ] { tokens.append(Array(text.utf8)) }
        var specials: [TokenID: String] = [:]
        for marker in format.markerTexts.sorted() {
            if hasSpecials { specials[TokenID(tokens.count)] = marker }
            tokens.append(Array(marker.utf8))
        }
        self.tokens = tokens
        self.specials = specials
        trie = TokenTrie(
            tokenCount: tokens.count,
            signs: specials.mapValues { OutputGrammar.signBytes($0) },
            token: { (tokens[Int($0)], isMark: false) }
        )
    }

    func parser() -> OutputParser {
        OutputParser(
            grammar,
            tools: Toolbox(`An enforced call`.tools),
            ids: CallIDs(.prefixed, prefix: "call_", seed: (1, 2))
        )
    }

    func compile(_ demand: AnswerDemand) throws -> CompiledConstraint {
        try CompiledConstraint(grammar.outline(of: demand, behind: parser()))
    }

    /// Answers of some seeds that came to their end, none of them long.
    func answers(
        _ demand: AnswerDemand,
        seeds: Range<UInt64>
    ) throws -> [(events: [OutputEvent], text: String)] {
        let constraint = TokenConstraint(try compile(demand), trie)
        var desk = ConstraintDesk()
        return try seeds.compactMap { try answer(constraint, &desk, seed: $0) }
    }

    private func answer(
        _ constraint: TokenConstraint,
        _ desk: inout ConstraintDesk,
        seed: UInt64
    ) throws -> (events: [OutputEvent], text: String)? {
        var random = SplitMix64(seed: seed)
        let cursor = desk.open(constraint)
        defer { desk.close(cursor) }
        var parser = parser()
        var ids: [TokenID] = []
        var text = ""
        var events: [OutputEvent] = []
        while let choice = desk.choice(cursor) {
            if desk.isComplete(cursor) || choice.mayEnd && random.next() % 3 == 0 { break }
            guard ids.count < 250 else { return nil }
            let allowed = tokens.indices.filter { choice.tokens.contains(TokenID($0)) }
            let next = try #require(pick(allowed, ids.count, &random), "nothing may follow \(text)")
            ids.append(TokenID(next))
            if let special = specials[TokenID(next)] {
                parser.push(token: special)
            } else {
                parser.push(tokens[next])
            }
            text += String(decoding: tokens[next], as: UTF8.self)
            events += parser.take()
            try desk.read(ids[...], cursor)
        }
        return (events + parser.finish(), text)
    }

    /// Prefers what closes something, so that texts come to an end, and what can be read.
    private func pick(_ allowed: [Int], _ count: Int, _ random: inout SplitMix64) -> Int? {
        let closing = allowed.filter { id in
            specials[TokenID(id)] != nil || tokens[id].first.map { "<[{\"}])/|'".utf8.contains($0) } ?? false
        }
        if !closing.isEmpty, random.next() % 8 < (count > 30 ? 7 : 2) {
            return closing.randomElement(using: &random)
        }
        let printable = allowed.filter { tokens[$0].allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
        return (printable.isEmpty ? allowed : printable).randomElement(using: &random)
    }
}
