internal import JSON

/// What a request for a response says besides its text: checked, and shown again in every reply.
struct ResponseSettings: Sendable {
    /// Whether the reply is to be found again.
    var isStored: Bool
    /// Whether it goes on without its client.
    var isBackground: Bool
    var tellsLogprobs: Bool
    /// Whether thoughts carry a form of themselves that a client can give back.
    var sealsThoughts: Bool
    /// Members of the reply that repeat the request, in OpenAI's order.
    private(set) var shown: JSONObject = [:]

    private static let verbosities: Set = ["low", "medium", "high"]
    private static let logprobs = "message.output_text.logprobs"
    private static let sealed = "reasoning.encrypted_content"
    /// What may be included; most of it belongs to tools that are never there.
    private static let includable: Set = [
        logprobs, sealed, "file_search_call.results", "web_search_call.results",
        "web_search_call.action.sources", "message.input_image.image_url",
        "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    ]

    init(_ fields: RequestFields, _ tools: ToolUse) throws(DialectError) {
        let included = try Self.included(fields)
        let topCount = try fields.integer("top_logprobs", in: RequestLimits.logprobs)
        tellsLogprobs = included.contains(Self.logprobs) || (topCount ?? 0) > 0
        sealsThoughts = included.contains(Self.sealed)
        isStored = try fields.flag("store") ?? true
        isBackground = try fields.flag("background") ?? false
        guard isStored || !isBackground else {
            throw .invalid(fields.name("background"), "is true, which needs store to be true")
        }
        try show(fields, tools, topCount: topCount)
    }

    private mutating func show(
        _ fields: RequestFields,
        _ tools: ToolUse,
        topCount: Int64?
    ) throws(DialectError) {
        func integer(_ key: String) throws(DialectError) -> JSONValue {
            try fields.integer(key, in: RequestLimits.maxTokens).map { .integer($0) } ?? .null
        }
        func text(_ key: String) throws(DialectError) -> JSONValue {
            try fields.text(key).map { .string($0) } ?? .null
        }
        shown = [
            "background": .bool(isBackground),
            "instructions": try text("instructions"),
            "max_output_tokens": try integer("max_output_tokens"),
            "max_tool_calls": try integer("max_tool_calls"),
            "metadata": try Self.metadata(fields),
            "parallel_tool_calls": .bool(tools.allowsParallelCalls),
            "previous_response_id": try text("previous_response_id"),
            "prompt_cache_key": try text("prompt_cache_key"),
            "prompt_cache_retention": try text("prompt_cache_retention"),
            "reasoning": try Self.reasoning(fields),
            "safety_identifier": try text("safety_identifier"),
            "text": try Self.text(fields),
            "tool_choice": fields["tool_choice"] ?? "auto",
            "tools": .array(tools.tools.map(Self.tool)),
            "top_logprobs": .integer(topCount ?? 0),
            "truncation": try Self.truncation(fields),
            "user": try text("user"),
        ]
    }

    private static func included(_ fields: RequestFields) throws(DialectError) -> Set<String> {
        let elements = try fields.elements("include", atMost: includable.count * 2) ?? []
        var included: Set<String> = []
        for (index, element) in elements.enumerated() {
            guard let name = element.stringValue, includable.contains(name) else {
                let found = element.stringValue?.quoted ?? element.kindName
                throw .invalid("\(fields.name("include"))[\(index)]", "is \(found), which cannot be included")
            }
            included.insert(name)
        }
        return included
    }

    private static func metadata(_ fields: RequestFields) throws(DialectError) -> JSONValue {
        guard let members = try fields.members("metadata") else { return [:] }
        let place = fields.name("metadata")
        guard members.count <= RequestLimits.metadataCount else {
            throw .invalid(
                place,
                "has \(members.count) members, at most \(RequestLimits.metadataCount) are allowed"
            )
        }
        for (key, value) in members {
            guard let text = value.stringValue else {
                throw .invalid("\(place).\(key)", "must be a string, it is \(value.kindName)")
            }
            guard key.unicodeScalars.count <= RequestLimits.metadataKeyCodePoints,
                text.unicodeScalars.count <= RequestLimits.metadataCodePoints
            else {
                throw .invalid(
                    place,
                    "has a key of over \(RequestLimits.metadataKeyCodePoints) characters, or a value of over "
                        + "\(RequestLimits.metadataCodePoints)"
                )
            }
        }
        return .object(members)
    }

    private static func reasoning(_ fields: RequestFields) throws(DialectError) -> JSONValue {
        guard let value = fields["reasoning"] else { return ["effort": nil, "summary": nil] }
        let inside = try RequestFields(value, at: fields.name("reasoning"))
        let older = try inside.text("generate_summary")
        let summary = try inside.text("summary") ?? older
        return [
            "effort": try inside.text("effort").map { .string($0) } ?? .null,
            "summary": summary.map { .string($0) } ?? .null,
        ]
    }

    private static func text(_ fields: RequestFields) throws(DialectError) -> JSONValue {
        guard let value = fields["text"] else { return ["format": ["type": "text"], "verbosity": "medium"] }
        let inside = try RequestFields(value, at: fields.name("text"))
        let verbosity = try inside.text("verbosity") ?? "medium"
        guard verbosities.contains(verbosity) else {
            throw .invalid(
                inside.name("verbosity"),
                "is \(verbosity.quoted), it must be one of low, medium, high"
            )
        }
        return ["format": inside["format"] ?? ["type": "text"], "verbosity": .string(verbosity)]
    }

    /// What is done, which is never to drop a part of the conversation.
    private static func truncation(_ fields: RequestFields) throws(DialectError) -> JSONValue {
        let truncation = try fields.text("truncation") ?? "disabled"
        guard ["auto", "disabled"].contains(truncation) else {
            throw .invalid(
                fields.name("truncation"),
                "is \(truncation.quoted), it must be one of auto, disabled"
            )
        }
        return "disabled"
    }

    private static func tool(_ tool: ToolUse.Tool) -> JSONValue {
        [
            "type": "function", "name": .string(tool.name),
            "description": tool.description.map { .string($0) } ?? .null,
            "parameters": tool.parameters ?? .null, "strict": .bool(tool.isStrict),
        ]
    }
}
