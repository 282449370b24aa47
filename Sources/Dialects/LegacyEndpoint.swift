internal import Contract
internal import JSON

/// What Anthropic's API was before there were messages: a conversation in one text.
public enum LegacyEndpoint: String, CaseIterable, JobEndpoint {
    case complete = "/v1/complete"

    static let human = "\n\nHuman:"
    static let assistant = "\n\nAssistant:"

    public var path: String { rawValue }
    public var dialect: Dialect { .anthropic }
    public var modelIsOptional: Bool { false }

    public func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String? = nil,
        volatile: VolatileText = .standard
    ) throws(DialectError) -> GenerationPlan {
        let fields = try RequestFields(body: body, headers, defaultModel: defaultModel, volatile: volatile)
        let model = try fields.modelName()
        let read = try SamplingFields.anthropic(fields, headers, maxTokens: "max_tokens_to_sample")
        let text = try fields.required("prompt", try fields.text("prompt"))
        let context = try Self.context(text)
        let shape = ReplyShape(
            kind: .legacy,
            model: model,
            streams: try fields.flag("stream") ?? false,
            includesUsage: false,
            lane: try .asked(by: fields, headers, .anthropic),
            promptCount: 1,
            choicesPerPrompt: 1,
            maxTokens: read.limits.maxTokens
        )
        return GenerationPlan(.anthropic, [context.prompt], read, shape)
    }

    /// The turns of a prompt: what stands in front of the first is a system text, and what stands behind the
    /// last "Assistant:" is a reply that was begun.
    private static func context(_ text: String) throws(DialectError) -> ChatContext {
        // A prompt may begin with its first turn at once.
        let text = text.hasPrefix(human.dropFirst(2)) ? human.prefix(2) + text : text
        let turns = try turns(in: Array(text.utf8))
        guard let first = turns.first(where: \.isHuman) else {
            throw .invalid("prompt", "must hold a turn that begins with \(human.debugDescription)")
        }
        var context = ChatContext()
        let system = trimmed(String(decoding: text.utf8.prefix(first.start), as: UTF8.self)[...])
        if !system.isEmpty { context.messages.append(["role": "system", "content": .string(system)]) }
        for (index, turn) in turns.enumerated() where turn.start >= first.start {
            let isLast = index == turns.count - 1
            let said = isLast && !turn.isHuman ? begun(turn.text) : trimmed(turn.text[...])
            if isLast, !turn.isHuman, said.isEmpty { continue }
            context.messages.append(
                ["role": turn.isHuman ? "user" : "assistant", "content": .string(said)]
            )
        }
        context.continuesLastMessage = context.messages.last?["role"] == "assistant"
        context.addsGenerationPrompt = !context.continuesLastMessage
        return context
    }

    private struct Turn {
        var isHuman: Bool
        /// Where its mark begins.
        var start: Int
        var text = ""
    }

    /// One pass, whatever the text holds.
    private static func turns(in bytes: [UInt8]) throws(DialectError) -> [Turn] {
        let marks = [Array(human.utf8), Array(assistant.utf8)]
        var turns: [Turn] = []
        var textStart = 0
        func end(at place: Int) {
            guard !turns.isEmpty else { return }
            turns[turns.count - 1].text = String(decoding: bytes[textStart..<place], as: UTF8.self)
        }
        var place = 0
        while place < bytes.count {
            guard bytes[place] == marks[0][0],
                let mark = marks.firstIndex(where: { bytes[place...].starts(with: $0) })
            else {
                place += 1
                continue
            }
            end(at: place)
            guard turns.count < RequestLimits.messageCount else {
                throw .invalid("prompt", "has more than \(RequestLimits.messageCount) turns")
            }
            turns.append(Turn(isHuman: mark == 0, start: place))
            place += marks[mark].count
            textStart = place
        }
        end(at: bytes.count)
        return turns
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character.isWhitespace }
        guard let first = text.firstIndex(where: { !isSpace($0) }),
            let last = text.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(text[first...last])
    }

    /// Only the space behind the colon goes: the rest is the caller's.
    private static func begun(_ text: String) -> String {
        text.hasPrefix(" ") ? String(text.dropFirst()) : text
    }
}
