internal import Constraints
internal import Contract
internal import Engine
internal import JSON
internal import Output
internal import Tokenizer

/// How the output of a served model is read: its family's format in the words of its vocabulary.
///
/// Made once for a model; immutable.
struct ModelOutput: Sendable {
    /// Special tokens that are markers, with their spelling.
    let markers: [TokenID: String]
    /// Tokens that end a turn in this family.
    let endTokens: [TokenID]
    /// How the model opens a thought by itself; nil where no token tells.
    let opening: OwnChoice?
    /// Tokens that open a thought and are no special ones, with their spelling.
    private let openers: [TokenID: String]
    private let format: OutputFormat
    private let grammar: OutputGrammar
    private let endOfThinking: [TokenID]
    private let endOfThinkingBeforeCall: [TokenID]
    private let tokenizer: Tokenizer

    /// What the family's format is called.
    var name: String { format.name }

    /// By marker that outlines know as a token: the bytes that they know it by.
    var signs: [TokenID: [UInt8]] {
        markers.merging(openers) { special, _ in special }.mapValues { OutputGrammar.signBytes($0) }
    }

    /// As much of a prompt's end as is looked through for what it has begun.
    private static let tailTokens = 65_536

    init(_ format: OutputFormat, _ tokenizer: Tokenizer) {
        var markers: [TokenID: String] = [:]
        for text in format.markerTexts {
            guard let id = tokenizer.id(of: text), tokenizer.isSpecial(id) else { continue }
            markers[id] = text
        }
        let specials = Set(markers.values)
        self.markers = markers
        self.format = format
        self.tokenizer = tokenizer
        grammar = OutputGrammar(
            format,
            isToken: { tokenizer.id(of: $0) != nil },
            isSpecial: { specials.contains($0) }
        )
        opening = Self.opening(of: format, tokenizer)
        var openers: [TokenID: String] = [:]
        for text in format.thoughtOpeners where !specials.contains(text) {
            if let id = tokenizer.id(of: text) { openers[id] = text }
        }
        self.openers = openers
        func ids(_ text: String?) -> [TokenID] {
            text.map { tokenizer.encode($0, addSpecialTokens: false) } ?? []
        }
        endOfThinking = ids(format.endOfThinking)
        endOfThinkingBeforeCall = ids(format.endOfThinkingBeforeCall)
        endTokens = format.endTokens.compactMap { text in
            tokenizer.id(of: text).flatMap { tokenizer.isSpecial($0) ? $0 : nil }
        }
    }

    private static func opening(of format: OutputFormat, _ tokenizer: Tokenizer) -> OwnChoice? {
        if let channel = format.thoughtChannel {
            guard let marker = tokenizer.id(of: channel.marker) else { return nil }
            // However its name is cut, its first token is one of these.
            let beginnings = (1...max(1, channel.name.count)).map { String(channel.name.prefix($0)) }
            let ids = beginnings.compactMap { tokenizer.id(of: $0) }
            return ids.isEmpty ? nil : OwnChoice(Set(ids), behind: marker)
        }
        let ids = format.thoughtOpeners.compactMap { tokenizer.id(of: $0) }
        return ids.isEmpty ? nil : OwnChoice(Set(ids))
    }

    /// What reads a job's output, from where its prompt leaves off.
    func parser(
        of job: Job,
        _ rules: OutputRules,
        tools: [JSONValue],
        prompt ids: [TokenID]
    ) -> OutputParser {
        var parser = OutputParser(
            grammar,
            tools: Toolbox(tools),
            ids: CallIDs(
                format.callIDs,
                prefix: rules.callIDPrefix,
                seed: (job.id.high, job.id.low)
            )
        )
        parser.begin(after: tail(of: ids))
        return parser
    }

    /// How an output is read; nil if there is nothing to read.
    func reading(_ rules: OutputRules, _ parser: OutputParser) -> OutputReading? {
        guard parser.hasWork else { return nil }
        var reading = OutputReading(parser: parser, markers: markers)
        reading.endOfThinking = rules.requiresCall ? endOfThinkingBeforeCall : endOfThinking
        reading.thinkingBudget = rules.thinkingBudget.map { Int($0) }
        reading.endsWithCall = !rules.allowsSeveralCalls
        return reading
    }

    /// What a job's output has to be; nil for whatever comes.
    ///
    /// A text that has to be like something may still be preceded by a thought, and calls may come instead.
    func demand(of job: Job, _ rules: OutputRules, tools: [JSONValue]) -> AnswerDemand? {
        let names = Set(tools.compactMap(\.toolName))
        let strict = names.intersection(rules.strictTools)
        var demand = AnswerDemand(job.constraint.map { .like($0) } ?? .free)
        if rules.requiresCall { demand.text = .none }
        guard demand.text != .free || !strict.isEmpty else { return nil }
        demand.tools = tools
        demand.strictTools = rules.requiresCall ? names : strict
        demand.allowsSeveralCalls = rules.allowsSeveralCalls
        return demand
    }

    func outline(of demand: AnswerDemand, behind parser: OutputParser) -> OutlineRules {
        grammar.outline(of: demand, behind: parser)
    }

    /// The prompt behind the last special token that is no marker: that one begins the answer's turn.
    private func tail(of ids: [TokenID]) -> [PromptPiece] {
        var start = ids.count
        let first = max(0, ids.count - Self.tailTokens)
        while start > first {
            let id = ids[start - 1]
            if tokenizer.isSpecial(id), markers[id] == nil { break }
            start -= 1
            if let marker = markers[id], marker == format.turnToken { break }
        }
        var decoder = tokenizer.streamDecoder(skipSpecialTokens: true)
        var pieces: [PromptPiece] = []
        for id in ids[start...] { pieces.append(markers[id].map { .token($0) } ?? .text(decoder.push(id))) }
        return pieces + [.text(decoder.flush())]
    }
}

/// A job's prompt in tokens, and how its output is to be read.
struct PreparedPrompt: Sendable {
    var ids: [TokenID]
    /// Bytes of text in front of `ids`, where a prompt was cut.
    var cutBytes = 0
    /// Where the parts of a chat stand.
    var map: PromptMap?
    /// Links of the prompt with the tokens that they stand for.
    var links: [CoveredLink] = []
    /// Shown before what is generated.
    var echo = ""
    var reading: OutputReading?
    /// Ends the generation besides what the model's files say.
    var endTokens: [TokenID] = []
    /// What the text must be like, and that in the words of the vocabulary.
    var outline: OutlineRules?
    var constraint: TokenConstraint?
    var ownChoice: OwnChoice?

    var trail: PromptTrail { PromptTrail(ids: ids, cutBytes: cutBytes, map: map) }
}

extension OutputRules {
    /// Those of a prompt's tools that may be called.
    func callable(of tools: [JSONValue]) -> [JSONValue] {
        guard readsCalls else { return [] }
        guard let allowedTools else { return tools }
        let allowed = Set(allowedTools)
        return tools.filter { $0.toolName.map(allowed.contains) ?? false }
    }
}

extension JSONValue {
    /// The name of a tool as chat templates are given it.
    fileprivate var toolName: String? { (self["function"] ?? self)["name"]?.stringValue }
}
