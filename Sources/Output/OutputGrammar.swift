/// A family's format for one vocabulary: markers as the bytes that they are in its output.
///
/// Made once for a model; parsers share it.
public struct OutputGrammar: Sendable {
    /// What a marker in a text means.
    enum Meaning: Hashable, Sendable {
        case thinkingOpens
        case thinkingCloses
        /// A section of calls, by its place in `calls`.
        case section(Int)
        case messageBegins
        case channelFollows
        case bodyFollows
        case messageEnds
        case nothing
    }

    struct Pattern: Sendable {
        var bytes: [UInt8]
        var meaning: Meaning

        /// Only found where the model said that very token.
        var isSpecial: Bool { bytes.first == SpecialToken.begin }
    }

    let format: OutputFormat
    /// Markers that are special tokens.
    let specials: Set<String>
    /// Markers that open a thought and are tokens of the vocabulary, though no special ones.
    let openers: Set<String>
    let calls: [CallGrammar]
    /// In an answer, without and with tools.
    let inText: [Pattern]
    let sections: [Pattern]
    let inThinking: [Pattern]
    let inHead: [Pattern]
    /// The calls that need no marker at the beginning of an answer.
    let bare: Int?
    /// How a message that is a call ends, for a family with channels.
    let channelCall: CallGrammar

    /// `isToken` tells whether a spelling is a token of the vocabulary, `isSpecial` whether it is a special
    /// one.
    public init(
        _ format: OutputFormat,
        isToken: (String) -> Bool = { _ in false },
        isSpecial: (String) -> Bool
    ) {
        let specials = format.markerTexts.filter(isSpecial)
        func patterns(_ markers: [Marker], _ meaning: Meaning) -> [Pattern] {
            markers.map { Pattern(bytes: $0.bytes(specials: specials), meaning: meaning) }
        }
        self.format = format
        self.specials = specials
        openers = Set(format.thoughtOpeners.filter { !specials.contains($0) && isToken($0) })
        calls = format.calls.map { CallGrammar($0, specials: specials) }
        bare = format.calls.firstIndex(where: \.isBare)
        let opens = patterns(format.thinking?.opens ?? [], .thinkingOpens)
        let closes = patterns(format.thinking?.closes ?? [], .thinkingCloses)
        var channels: [Pattern] = []
        if let format = format.channels {
            channels =
                patterns([format.start], .messageBegins) + patterns([format.channel], .channelFollows)
                + patterns(format.ends, .messageEnds)
        }
        inText = opens + closes + channels + patterns(format.ignored, .nothing)
        inThinking = closes + channels
        inHead = patterns([format.channels?.body].compactMap(\.self), .bodyFollows)
        var sections: [Pattern] = []
        for (index, format) in format.calls.enumerated() {
            sections += patterns(format.opens, .section(index))
        }
        self.sections = sections
        let channelEnds = format.channels?.ends ?? []
        channelCall = CallGrammar(
            CallFormat(opens: [], closes: channelEnds, syntaxes: []),
            specials: specials
        )
    }
}
