/// How a family of models marks what it thinks and which tools it calls: data, and nothing but data.
public struct OutputFormat: Sendable {
    /// What it is called with `--output-format`.
    public let name: String
    /// Nil: the usual `<think>` where the model knows it.
    var thinking: ThinkingFormat?
    var calls: [CallFormat] = []
    /// Messages with a head that says what they are; what they hold then has no markers of its own.
    var channels: ChannelFormat?
    /// Signs around an answer that say nothing.
    var ignored: [Marker] = []
    public var callIDs = CallIDs.Rule.prefixed
    /// Tokens that end a turn, for models whose files do not say so.
    public var endTokens: [String] = []
    /// A chat template with all words of one of these is of this family.
    var signs: [[String]] = []

    /// All special tokens that may mean something, as the vocabulary spells them.
    public var markerTexts: Set<String> {
        var markers = ignored
        for format in [thinking].compactMap(\.self) { markers += format.opens + format.closes }
        for format in calls {
            markers += format.opens + format.closes + format.itemOpens + format.itemCloses
            for syntax in format.syntaxes { markers += syntax.markers }
        }
        if let channels { markers += channels.markers }
        return Set(markers.flatMap(\.parts)).subtracting([""])
    }

    /// The spellings of tokens that open a thought; none where that takes more than a token.
    public var thoughtOpeners: [String] {
        guard let thinking, !thinking.isPhrase, channels == nil else { return [] }
        return thinking.opens.filter { $0.parts.count == 1 }.map(\.text)
    }

    /// The channel of thoughts, and the token in front of a channel's name.
    public var thoughtChannel: (name: String, marker: String)? {
        channels.map { ($0.thinkingChannel, $0.channel.text) }
    }

    /// The token that begins a message, where the markers themselves do.
    public var turnToken: String? { channels?.start.text }

    /// What stands in front of a call that is one JSON object, and behind it; nil if there is no such call.
    ///
    /// For a model that is told of its tools in plain words.
    public var spokenCall: (open: String, close: String)? {
        let usable = calls.filter { format in
            format.syntaxes.contains { if case .object = $0 { true } else { false } }
        }
        if let marked = usable.first(where: { !$0.isBare && !$0.closes.isEmpty }) {
            return (marked.opens.first?.text ?? "", marked.closes.first?.text ?? "")
        }
        if usable.contains(where: \.isBare) { return ("", "") }
        return usable.first.map { ($0.opens.first?.text ?? "", "") }
    }

    /// The format, and calls in the usual form where it knows none that can be told of in plain words.
    public var withSpokenCalls: OutputFormat {
        guard spokenCall == nil else { return self }
        var format = self
        // A bare call could be taken for the beginning of one of its own.
        format.calls += Self.generic.calls.filter { !$0.isBare }
        return format
    }

    /// What a model is made to say when it has thought enough; nil if it never thinks.
    public var endOfThinking: String? {
        channels?.endOfThinking
            ?? thinking.flatMap { $0.endOfThinking ?? $0.closes.first.map { "\n\($0.text)\n\n" } }
    }

    /// The same where a call has to follow, which may need a message of its own.
    public var endOfThinkingBeforeCall: String? { channels?.ends.first?.text ?? endOfThinking }
}

/// How thinking is marked.
struct ThinkingFormat: Sendable {
    var opens: [Marker]
    var closes: [Marker]
    /// Plain words, which mean something at the beginning of an answer only.
    var isPhrase = false
    /// Where it is not the closing marker on a line of its own.
    var endOfThinking: String?

    static let usual = ThinkingFormat(opens: ["<think>"], closes: ["</think>"])
}

/// Messages whose heads name a channel, and a recipient where they are calls.
struct ChannelFormat: Sendable {
    var start: Marker
    var channel: Marker
    var body: Marker
    var ends: [Marker]
    /// The channel of what is not meant for the user.
    var thinkingChannel: String
    var endOfThinking: String
    /// The channels of answers and of calls.
    var answerChannel: String
    var callChannel: String
    /// In front of the language of a message.
    var language: Marker

    var markers: [Marker] { [start, channel, body, language] + ends }
}

extension CallSyntax {
    fileprivate var markers: [Marker] {
        switch self {
        case .object, .python: []
        case .named(let named): named.separators + [named.style.quoteMarker].compactMap(\.self)
        case .tagged(let tags):
            [
                tags.nameOpen, tags.nameEnd, tags.parameterOpen, tags.keyEnd, tags.valueOpen, tags.valueEnd,
            ] + [tags.callEnd].compactMap(\.self)
        }
    }
}
