internal import Contract
internal import Output

/// The text of one stream as its client may see it, and what it is: a pure function of the ids so far.
///
/// That is what makes a continuation exact: replaying the committed ids brings any worker to the same point.
/// What is forced when the budget of thinking is used up is such a function too.
struct TextRelease: Sendable {
    private var decoder: any TextDecoding
    private var holder: StopHolder
    private var reading: OutputReading?
    private var kind = OutputMark.Kind.text
    private var thinkingCount = 0
    /// Characters that the ids stand for so far, shown or held back.
    private(set) var characterCount = 0
    /// Tokens of the end of thinking that have been forced for this thought; nil before the first.
    private var forcedCount: Int?

    /// Tokens that may still be thought behind the budget while a marker is being said.
    private static let patience = 16

    init(
        decoder: any TextDecoding,
        stop: [String],
        showsStop: Bool = false,
        reading: OutputReading? = nil
    ) {
        self.decoder = decoder
        holder = StopHolder(stop, showsMatch: showsStop)
        self.reading = reading
        beginForcing()
    }

    /// The stop string that was found.
    var matchedStop: String? { holder.matched }
    /// Whether the one call that was wanted is whole.
    var hasEnoughCalls: Bool { reading.map { $0.endsWithCall && $0.parser.callCount > 0 } ?? false }
    /// What has to come next, where that is not the model's choice.
    var forced: TokenID? {
        guard let forcedCount, let reading, forcedCount < reading.endOfThinking.count else { return nil }
        return reading.endOfThinking[forcedCount]
    }

    /// What `id` released.
    ///
    /// Before a generation may stop, its text is not looked at: a stop string that began there does not count
    /// later.
    mutating func push(_ id: TokenID, mayStop: Bool = true) -> ReleasedText {
        guard reading != nil else { return ReleasedText(text: text(of: id, mayStop)) }
        var released = ReleasedText()
        let wasThinking = reading?.parser.isThinking ?? false
        if let marker = reading?.markers[id] {
            // No stop string goes across a marker, and no character.
            let left = shown(decoder.endCharacter(), mayStop) + holder.finish()
            reading?.parser.push(left)
            if holder.matched == nil { reading?.parser.push(token: marker) }
        } else {
            let text = text(of: id, mayStop)
            reading?.parser.push(text)
        }
        if wasThinking || reading?.parser.isThinking ?? false {
            thinkingCount += 1
            released.thinkingTokens = 1
        }
        var kind = kind
        reading?.parser.drain { released.append($0, &kind) }
        self.kind = kind
        if forced != nil { forcedCount = (forcedCount ?? 0) + 1 }
        beginForcing()
        return released
    }

    private mutating func text(of id: TokenID, _ mayStop: Bool) -> String {
        shown(decoder.push(id), mayStop)
    }

    private mutating func shown(_ text: String, _ mayStop: Bool) -> String {
        characterCount += text.unicodeScalars.count
        return mayStop ? holder.push(text) : text
    }

    /// What the end of the stream releases.
    ///
    /// The decoder's last words may complete a stop string.
    mutating func finish() -> ReleasedText {
        let text = holder.push(decoder.flush())
        let rest = text + holder.finish()
        guard reading != nil else { return ReleasedText(text: rest) }
        reading?.parser.push(rest)
        var released = ReleasedText()
        for event in reading?.parser.finish() ?? [] { released.append(event, &kind) }
        return released
    }

    /// Begins to force the end of thinking when its budget is used up, once for each thought.
    private mutating func beginForcing() {
        guard forced == nil, let reading, let budget = reading.thinkingBudget else { return }
        guard reading.parser.isThinking else {
            forcedCount = nil
            return
        }
        let isSaying = reading.parser.isHolding && thinkingCount < budget + Self.patience
        if forcedCount == nil, thinkingCount >= budget, !isSaying { forcedCount = 0 }
    }
}
