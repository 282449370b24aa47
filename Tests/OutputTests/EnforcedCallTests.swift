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
                        "additionalProperties": false,
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
        let model = try ChanceModel(name, hasSpecials: hasSpecials, tools: Self.tools)
        for several in hasSpecials ? [true] : [true, false] {
            var demand = AnswerDemand(.none)
            demand.tools = Self.tools
            demand.strictTools = Set(Self.schemas.map(\.name))
            demand.allowsSeveralCalls = several
            demand.thinking = hasSpecials ? .always : .never
            for answer in try model.answers(demand, seeds: 0..<3) {
                let calls = answer.said
                let isMany = calls.count > 1
                #expect(!calls.isEmpty && (several || !isMany), "\(calls) from \(answer.text)")
                try expectRight(calls, answer.text)
            }
        }
    }

    @Test(arguments: OutputFormat.all.map(\.name), [false, true])
    func `is right where none has to come`(name: String, hasSpecials: Bool) throws {
        let model = try ChanceModel(name, hasSpecials: hasSpecials, tools: Self.tools)
        var demand = AnswerDemand(.free)
        demand.tools = Self.tools
        demand.strictTools = Set(Self.schemas.map(\.name))
        for answer in try model.answers(demand, seeds: 0..<6) {
            let calls = answer.said.filter { if case .call = $0 { true } else { false } }
            try expectRight(calls, answer.text)
        }
    }

    private func expectRight(_ calls: [Told], _ text: String) throws {
        for call in calls {
            guard case .call(let name, let arguments) = call else {
                Issue.record("\(call) is no call: \(text)")
                continue
            }
            let isRight = Self.accepts[name]?.accepts(arguments.utf8)
            #expect(isRight == true, "\(name)(\(arguments)) from \(text)")
        }
    }

    /// What judges the arguments of each tool.
    private static let accepts: [String: CompiledConstraint] = {
        var accepts: [String: CompiledConstraint] = [:]
        for (name, parameters) in schemas {
            let schema = parameters ?? ["type": "object", "maxProperties": 0]
            accepts[name] = try? CompiledConstraint(OutputConstraint(.schema, schema.description))
        }
        return accepts
    }()

    @Test func `comes before or instead of a text that has a shape`() throws {
        let model = try ChanceModel("hermes", hasSpecials: true, tools: Self.tools)
        var demand = AnswerDemand(.like(OutputConstraint(.choice, #"["yes","no"]"#)))
        demand.tools = Self.tools
        for answer in try model.answers(demand, seeds: 0..<8) {
            #expect(answer.said.count >= 1)
            for piece in answer.said where piece != .text("yes") && piece != .text("no") {
                guard case .call = piece else {
                    Issue.record("\(piece): \(answer.text)")
                    continue
                }
            }
        }
    }

    @Test func `is of one of five hundred tools where there are so many`() throws {
        let tools: [JSONValue] = (0..<500).map { number in
            let parameters = ManyTools.parameters(number, isClosed: true)
            let name = JSONValue.string("tool_\(number)")
            return ["type": "function", "function": ["name": name, "parameters": parameters]]
        }
        let model = try ChanceModel("hermes", hasSpecials: true, tools: tools)
        var demand = AnswerDemand(.none)
        demand.tools = tools
        demand.strictTools = Set((0..<500).map { "tool_\($0)" })
        demand.thinking = .never
        var names: Set<String> = []
        for answer in try model.answers(demand, seeds: 0..<6) {
            for call in answer.said {
                guard case .call(let name, let arguments) = call, let number = Int(name.dropFirst(5)) else {
                    Issue.record("\(call) is no call: \(answer.text)")
                    continue
                }
                let schema = ManyTools.parameters(number, isClosed: true)
                let judge = try CompiledConstraint(OutputConstraint(.schema, schema.description))
                let isRight = judge.accepts(arguments.utf8)
                #expect(isRight, "\(name)(\(arguments)) from \(answer.text)")
                names.insert(name)
            }
        }
        #expect(names.count > 3)
    }

    @Test func `is refused where the format cannot write it, by the tool's name`() throws {
        let model = try ChanceModel("lfm2", hasSpecials: false, tools: Self.tools)
        var demand = AnswerDemand(.none)
        demand.tools = [["type": "function", "function": ["name": "two words"]]]
        #expect(throws: Never.self) { try model.compile(demand) }
        let harmony = try ChanceModel("harmony", hasSpecials: false, tools: Self.tools)
        #expect { try harmony.compile(demand) } throws: { error in
            (error as? ConstraintError)?.keyword == "two words"
        }
    }
}
