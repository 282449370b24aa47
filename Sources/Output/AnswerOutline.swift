public import Constraints
public import Contract
public import JSON

/// What an answer has to be, besides being written in its family's format.
public struct AnswerDemand: Sendable {
    public enum Text: Hashable, Sendable {
        /// Whatever comes.
        case free
        case like(OutputConstraint)
        /// The answer has to be calls.
        case none
    }

    /// Whether the model may think before it answers, where it has not begun to.
    public enum Thinking: Hashable, Sendable {
        case never
        /// By a token that says nothing else, so that whoever picks tokens can tell.
        case byToken
        case always
    }

    public var text: Text
    /// Those that may be called, as chat templates are given them.
    public var tools: [JSONValue] = []
    /// The names of those whose arguments have to satisfy their schemas; others may be any object.
    public var strictTools: Set<String> = []
    public var allowsSeveralCalls = true
    public var thinking = Thinking.always

    public init(_ text: Text) { self.text = text }
}

extension OutputGrammar {
    /// The bytes by which the outlines of a model know one of its special tokens.
    public static func signBytes(_ spelling: String) -> [UInt8] { SpecialToken.bytes(spelling) }

    /// Everything that a model may say from where a parser of its output stands, so that what the parser
    /// makes of it is what is demanded.
    public func outline(of demand: AnswerDemand, behind parser: OutputParser) -> OutlineRules {
        AnswerOutline(self, demand).rules(behind: parser)
    }
}

/// The outline of an answer: thoughts, text and calls, in the order in which they may come.
///
/// ```
/// start:   what the answer is made of, and where that is text that is held to nothing, whatever comes
/// thought: anything up to the closing marker, and then the start again
/// calls:   sections of calls, one or several; only the first can do without a marker
/// text:    anything up to an opening marker, and then what that opens
/// ```
struct AnswerOutline {
    private enum Rule: Int, CaseIterable {
        case whole
        case start
        case thought
        case calls
        case text
        case moreCalls
    }

    private let grammar: OutputGrammar
    private let format: OutputFormat
    private let demand: AnswerDemand
    private let call: CallOutline
    private let hasTools: Bool

    init(_ grammar: OutputGrammar, _ demand: AnswerDemand) {
        self.grammar = grammar
        format = grammar.format
        self.demand = demand
        var tools: [OfferedTool] = []
        for value in demand.tools {
            let function = value["function"] ?? value
            guard let name = function["name"]?.stringValue else { continue }
            let isStrict = demand.strictTools.contains(name)
            tools.append(OfferedTool(name, parameters: function["parameters"], isStrict: isStrict))
        }
        hasTools = !tools.isEmpty
        call = CallOutline(
            specials: grammar.specials,
            tools: tools,
            allowsSeveral: demand.allowsSeveralCalls
        )
    }

    func rules(behind parser: OutputParser) -> OutlineRules {
        let first = parser.isThinking ? Rule.thought : .start
        guard let channels = format.channels else {
            return OutlineRules([go(first), start, thought, calls, text, moreCalls])
        }
        var begin = go(first)
        if first == .start, parser.head == nil {
            begin = .choice([begin, .sequence([call.bytes(channels.start), .text("assistant"), begin])])
        }
        return OutlineRules([begin, head(channels), channelThought(channels)])
    }

    private func go(_ rule: Rule) -> Outline { .rule(rule.rawValue) }

    // MARK: Answers with markers

    private var start: Outline {
        let gap = CallOutline.gap
        var parts: [Outline] = []
        switch demand.text {
        case .free:
            parts = [.sequence([free(notBeginning: bareCallStart), textEnd])]
            if format.calls.contains(where: \.isBare) { parts.append(.sequence([gap, go(.calls)])) }
            if !isPhrase { return .choice(parts) }
        case .like(let constraint):
            parts = [.like(constraint)] + (hasTools ? [.sequence([gap, go(.calls)])] : [])
        case .none: parts = [.sequence([gap, go(.calls)])]
        }
        // Behind a gap nothing could come but the token, whoever it is up to.
        if let thinks { parts.append(demand.thinking == .byToken ? thinks : .sequence([gap, thinks])) }
        return .choice(parts)
    }

    /// A thought that begins by itself.
    private var thinks: Outline? {
        guard demand.thinking != .never, let thinking = format.thinking else { return nil }
        let tokens = thinking.opens.filter { $0.parts.count == 1 && grammar.specials.contains($0.text) }
        var opens = (tokens.map(\.text) + grammar.openers.sorted()).map {
            Outline.bytes(SpecialToken.bytes($0))
        }
        if demand.thinking == .always { opens.append(call.one(of: thinking.opens)) }
        return opens.isEmpty ? nil : .sequence([.choice(opens), go(.thought)])
    }

    private var isPhrase: Bool { format.thinking?.isPhrase ?? false }

    private var thought: Outline {
        guard let thinking = format.thinking else { return .nothing }
        let closed = Outline.sequence([
            .choice(thinking.closes.map { call.bytes($0) }), CallOutline.gap, go(.start),
        ])
        // A call ends thinking where its marker is more than words.
        let called = hasTools ? sections { !$0.isBare && isSpecial($0) } : []
        let ended = demand.text == .free ? [Outline.empty] : []
        return .sequence([
            .free(besides: spelled(thinking.closes)), .choice([closed] + called + ended),
        ])
    }

    private var calls: Outline { hasTools ? .choice(sections { _ in true }) : .nothing }
    private var moreCalls: Outline { hasTools ? .choice(sections { !$0.isBare }) : .nothing }

    /// Text that is held to nothing until it opens something.
    private var text: Outline { .sequence([free(notBeginning: nil), textEnd]) }

    private func free(notBeginning beginning: String?) -> Outline {
        var markers = format.calls.flatMap(\.opens)
        if !isPhrase { markers += format.thinking?.opens ?? [] }
        return .free(besides: spelled(markers), notBeginning: beginning)
    }

    private var textEnd: Outline {
        var ends = [Outline.empty] + sections { !$0.isBare }
        if !isPhrase, let thinks { ends.append(thinks) }
        return .choice(ends)
    }

    /// The sections of calls, with what may follow each.
    private func sections(where isWanted: (CallFormat) -> Bool) -> [Outline] {
        format.calls.filter(isWanted).map { format in
            let section = call.section(format)
            guard demand.allowsSeveralCalls else { return section }
            // Where nothing ends a section, what follows a call would be read as one.
            if demand.text == .free, !format.closes.isEmpty { return .sequence([section, go(.text)]) }
            return .sequence([section, CallOutline.gap, .optional(go(.moreCalls))])
        }
    }

    private func isSpecial(_ format: CallFormat) -> Bool {
        format.opens.contains { $0.bytes(specials: grammar.specials).first == SpecialToken.begin }
    }

    /// Those of some markers that a text could hold.
    private func spelled(_ markers: [Marker]) -> [[UInt8]] {
        markers.map { $0.bytes(specials: grammar.specials) }.filter { !$0.isEmpty }
    }

    /// How an answer begins that might be a call without a marker; nil where there are none.
    private var bareCallStart: String? {
        guard hasTools, let bare = format.calls.first(where: \.isBare) else { return nil }
        let keys = "name|function|tool_name|arguments|parameters|args|id|type|tool_call_id"
        var forms = ["\\{\\s*\"((\(keys))\"|[^\"\\\\]*\\\\)"]
        let names = call.tools.map(\.name).filter {
            $0.utf8.allSatisfy { $0 < 0x80 && ($0.isWord || $0 == 0x2D || $0 == 0x2E) }
        }
        if bare.syntaxes.contains(where: { if case .python = $0 { true } else { false } }), !names.isEmpty {
            let escaped = names.map { $0.replacing(".", with: "\\.") }.joined(separator: "|")
            forms.append("(functions\\.|default_api\\.)?(\(escaped))(\\.call)?\\(")
        }
        return "[\\s,;\\[\\]]*(\(forms.joined(separator: "|")))"
    }

    // MARK: Answers in messages

    /// From behind the role on.
    private func head(_ channels: ChannelFormat) -> Outline {
        func begin(_ channel: String) -> Outline {
            .sequence([call.bytes(channels.channel), .text(channel)])
        }
        let body = call.bytes(channels.body)
        var parts: [Outline] = hasTools ? [call.messages(channels)] : []
        if demand.thinking != .never {
            parts.append(.sequence([begin(channels.thinkingChannel), body, go(.thought)]))
        }
        switch demand.text {
        case .none: break
        case .like(let constraint):
            let language = Outline.optional(
                .sequence([.text(" "), .optional(call.bytes(channels.language)), .pattern("json|JSON")])
            )
            parts.append(.sequence([begin(channels.answerChannel), language, body, .like(constraint)]))
        case .free:
            let text = Outline.free(besides: channelMarkers(channels))
            parts.append(.sequence([begin(channels.answerChannel), body, text]))
            parts.append(.sequence([begin(channels.callChannel), body, text, nextMessage(channels)]))
        }
        return .choice(parts)
    }

    private func channelThought(_ channels: ChannelFormat) -> Outline {
        let next = nextMessage(channels)
        let text = Outline.free(besides: channelMarkers(channels))
        return .sequence([text, demand.text == .free ? .optional(next) : next])
    }

    private func nextMessage(_ channels: ChannelFormat) -> Outline {
        let end = channels.ends.first.map { call.bytes($0) } ?? .empty
        return .sequence([end, call.bytes(channels.start), .text("assistant"), go(.start)])
    }

    private func channelMarkers(_ channels: ChannelFormat) -> [[UInt8]] {
        spelled([channels.start, channels.channel] + channels.ends)
    }
}
