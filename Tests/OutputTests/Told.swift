import JSON
import Output
import Testing

/// What a client is told of an output, without the ids of its calls.
enum Told: Hashable {
    case text(String)
    case thinking(String)
    case call(String, String)
}

/// An output of a model as it was recorded, and what it means.
struct Sample: Sendable, CustomTestStringConvertible {
    var title: String
    var format: String
    /// The special tokens in `output`; everything else is ordinary text.
    var specials: [String] = []
    var output: String
    /// The prompt's end, if that matters.
    var prompt = ""
    var hasTools = true
    var told: [Told]

    var testDescription: String { "\(format): \(title)" }

    /// Tools of all shapes that the samples call.
    static let tools: [JSONValue] = [
        tool("get_weather", ["city": ["type": "string"], "days": ["type": "integer"]]),
        tool(
            "search",
            [
                "query": ["type": "string"], "limit": ["type": ["integer", "null"]],
                "exact": ["type": "boolean"], "tags": ["type": "array"], "filter": ["type": "object"],
                "code": ["anyOf": [["type": "string"], ["type": "null"]]],
            ]
        ),
        tool("now", [:]),
        ["name": "write_file", "parameters": ["properties": ["path": ["type": "string"], "content": [:]]]],
    ]

    private static func tool(_ name: String, _ properties: JSONObject) -> JSONValue {
        [
            "type": "function",
            "function": ["name": .string(name), "parameters": ["properties": .object(properties)]],
        ]
    }

    enum Unit {
        case byte(UInt8)
        case token(String)
    }

    func units(of text: String) -> [Unit] {
        var units: [Unit] = []
        var rest = text[...]
        while !rest.isEmpty {
            if let token = specials.filter({ rest.hasPrefix($0) }).max(by: { $0.count < $1.count }) {
                units.append(.token(token))
                rest = rest.dropFirst(token.count)
            } else {
                units += String(rest.removeFirst()).utf8.map { .byte($0) }
            }
        }
        return units
    }

    func parser() throws -> OutputParser {
        let format = try #require(OutputFormat.named(format))
        let grammar = OutputGrammar(thinks(format)) { specials.contains($0) }
        let ids = CallIDs(format.callIDs, prefix: "call_", seed: (1, 2))
        var parser = OutputParser(grammar, tools: Toolbox(hasTools ? Self.tools : []), ids: ids)
        parser.begin(
            after: units(of: prompt).map { unit in
                switch unit {
                case .byte(let byte): .text(String(decoding: [byte], as: UTF8.self))
                case .token(let token): .token(token)
                }
            }
        )
        return parser
    }

    /// As a model that knows the usual signs of thinking has it.
    private func thinks(_ format: OutputFormat) -> OutputFormat {
        OutputFormat.of(template: "<think>", name: format.name) { _ in false }
    }

    /// What is told when the output comes in pieces that end at `cuts`.
    func events(cutAt cuts: Set<Int>) throws -> [OutputEvent] {
        var parser = try parser()
        var events: [OutputEvent] = []
        for (index, unit) in units(of: output).enumerated() {
            if cuts.contains(index) { events += parser.take() }
            switch unit {
            case .byte(let byte): parser.push(CollectionOfOne(byte))
            case .token(let token): parser.push(token: token)
            }
        }
        return (events + parser.finish()).merged
    }
}

extension [OutputEvent] {
    /// With neighbours of one kind as one.
    var merged: [OutputEvent] {
        reduce(into: []) { merged, event in
            switch (merged.last, event) {
            case (.text(let left), .text(let right)): merged[merged.count - 1] = .text(left + right)
            case (.thinking(let left), .thinking(let right)):
                merged[merged.count - 1] = .thinking(left + right)
            case (.arguments(let left), .arguments(let right)):
                merged[merged.count - 1] = .arguments(left + right)
            default: merged.append(event)
            }
        }
    }

    var told: [Told] {
        var told: [Told] = []
        for event in self {
            switch event {
            case .text(let text): told.append(.text(text))
            case .thinking(let text): told.append(.thinking(text))
            case .callBegan(_, _, let name): told.append(.call(name, ""))
            case .arguments(let json):
                guard case .call(let name, let before) = told.last else { continue }
                told[told.count - 1] = .call(name, before + json)
            case .callEnded: break
            }
        }
        return told
    }
}
