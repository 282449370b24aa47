/// Reads a model's output while it comes: what is answer, what is thinking, and which tools are called.
///
/// - A value, and a function of the bytes and special tokens that it was given: cut in any way, the same
///   output gives the same events, once neighbours of one kind are put together.
/// - Only what may still become a marker is held back, and white space in front of what may be one.
/// - Nothing is lost: what looks like a call and is none of a tool that there is comes out as text.
/// - The white space between thinking, text and calls belongs to the markers.
public struct OutputParser: Sendable {
    private enum Mode: Sendable {
        case text
        case thinking
        case section(SectionReader)
        /// The head of a message, as far as it has come.
        case head([UInt8])
    }

    private let grammar: OutputGrammar
    private var mode = Mode.text
    private var matcher = MarkerMatcher([])
    private var patterns: [OutputGrammar.Pattern] = []
    private var calls: CallRecorder
    /// White space that is only told if something of its kind follows.
    private var spaces: [UInt8] = []
    /// White space is not told, because a marker was in front of it.
    private var skipsSpaces = false
    /// Nothing of an answer has come since the beginning, or since the last thought.
    private var isAtStart = true
    /// Within something that was no call after all: special tokens are told as well.
    private var spellsTokens = false
    private var isInToken = false

    private static let headBytes = 256

    /// No tools: nothing is taken for a call.
    public init(_ grammar: OutputGrammar, tools: Toolbox, ids: CallIDs) {
        self.grammar = grammar
        calls = CallRecorder(tools, ids)
        look()
    }

    /// Whether what comes next is thought.
    public var isThinking: Bool { if case .thinking = mode { true } else { false } }
    /// Whether what comes next is the head of a message, and whether anything of it has come.
    var head: [UInt8]? { if case .head(let head) = mode { head } else { nil } }
    /// Whether something is held back because it may be part of a marker.
    public var isHolding: Bool { matcher.isHolding }
    /// Calls that are whole.
    public var callCount: Int { calls.count }

    /// Whether there is anything that could be told apart.
    public var hasWork: Bool { !patterns.isEmpty || grammar.bare != nil && !calls.toolbox.isEmpty }

    // MARK: Input

    public mutating func push(_ text: String) { push(text.utf8) }
    public mutating func push(_ bytes: some Sequence<UInt8>) { for byte in bytes { take(byte) } }
    /// The model said the special token that is spelled so.
    public mutating func push(token: String) { push(SpecialToken.bytes(token)) }

    /// What can be told of all that was pushed since the last time.
    public mutating func take() -> [OutputEvent] { calls.events.take(atEnd: false) }

    /// The same, one by one and without asking for memory.
    public mutating func drain(_ tell: (OutputEvent) -> Void) { calls.events.drain(tell) }

    /// The same at the end of the output: nothing is held back any more.
    public mutating func finish() -> [OutputEvent] {
        var rest: [UInt8] = []
        matcher.flush(into: &rest)
        switch mode {
        case .text, .thinking: for byte in rest { say(byte) }
        case .section(let reader): finish(reader)
        case .head(let head): reject(head)
        }
        if case .section = mode {} else { flushSpaces() }
        return calls.events.take(atEnd: true)
    }

    // MARK: One byte

    private mutating func take(_ byte: UInt8) {
        switch mode {
        case .section(var reader): takeCall(byte, &reader)
        case .head(let head): takeHead(byte, head)
        case .text, .thinking:
            if mayBegin(bareWith: byte), let bare = grammar.bare {
                isAtStart = false
                return begin(section: bare, with: [byte])
            }
            var released: [UInt8] = []
            let match = matcher.push(byte, into: &released).map { patterns[$0] }
            for byte in released { say(byte) }
            if let match { pass(match) }
        }
    }

    private func mayBegin(bareWith byte: UInt8) -> Bool {
        guard case .text = mode, isAtStart, !matcher.isHolding, !calls.toolbox.isEmpty else { return false }
        return grammar.bare.map { grammar.calls[$0].mayBegin(bareWith: byte) } ?? false
    }

    /// Goes on behind a marker.
    private mutating func pass(_ pattern: OutputGrammar.Pattern) {
        switch pattern.meaning {
        case .thinkingOpens:
            guard isAtStart || !hasPhrases else { return say(pattern.bytes) }
            enter(.thinking)
        case .thinkingCloses:
            // Without an opening one it is a word like any other, unless it is the first.
            guard isThinking || isAtStart && !hasPhrases else { return say(pattern.bytes) }
            enter(.text)
        case .section(let index): begin(section: index, with: pattern.bytes)
        case .messageBegins: enter(.head([]))
        case .channelFollows:
            enter(.head([]))
            for byte in pattern.bytes { take(byte) }
        case .messageEnds: enter(.text)
        case .nothing: skipsSpaces = true
        case .bodyFollows: break
        }
    }

    private var hasPhrases: Bool { grammar.format.thinking?.isPhrase ?? false }

    /// Begins a stretch of another kind; the white space around its marker is not told.
    private mutating func enter(_ mode: Mode) {
        self.mode = mode
        spaces.removeAll(keepingCapacity: true)
        skipsSpaces = true
        isAtStart = true
        spellsTokens = false
        _ = calls.takeUnsettled()
        look()
    }

    /// Looks for the markers that mean something now.
    private mutating func look() {
        switch mode {
        case .text: patterns = grammar.inText + (calls.toolbox.isEmpty ? [] : grammar.sections)
        // A call ends thinking only where nobody can just mention it.
        case .thinking:
            patterns =
                grammar.inThinking + (calls.toolbox.isEmpty ? [] : grammar.sections.filter(\.isSpecial))
        case .head: patterns = grammar.inHead
        case .section: patterns = []
        }
        matcher = MarkerMatcher(patterns.map(\.bytes))
    }

    // MARK: Text and thinking

    private mutating func say(_ bytes: [UInt8]) { for byte in bytes { say(byte) } }

    private mutating func say(_ byte: UInt8) {
        if byte == SpecialToken.begin || byte == SpecialToken.end {
            isInToken = byte == SpecialToken.begin
            return
        }
        if isInToken, !spellsTokens { return }
        if byte.isSpace {
            if !skipsSpaces { spaces.append(byte) }
            return
        }
        flushSpaces()
        skipsSpaces = false
        isAtStart = false
        calls.events.append(CollectionOfOne(byte), isThinking ? .thinking : .text)
    }

    private mutating func flushSpaces() {
        guard !spaces.isEmpty else { return }
        calls.events.append(spaces, isThinking ? .thinking : .text)
        spaces.removeAll(keepingCapacity: true)
    }

    // MARK: Calls

    private mutating func begin(section index: Int, with marker: [UInt8]) {
        let call = grammar.calls[index]
        // What was thought before a call is thought, and the call is none of it.
        if isThinking { enter(.text) }
        isAtStart = false
        mode = .section(SectionReader(call))
        look()
        if call.isBare || call.opensItem {
            for byte in marker { take(byte) }
        } else {
            for byte in marker { calls.note(byte) }
        }
    }

    private mutating func takeCall(_ byte: UInt8, _ reader: inout SectionReader) {
        // So that nobody else holds what the reader changes.
        mode = .text
        let before = calls.count
        calls.note(byte)
        let reading = calls.isTooLong ? .invalid : reader.read(byte, &calls)
        mode = .section(reader)
        if calls.count > before {
            // The white space in front of a call is not part of the text.
            spaces.removeAll(keepingCapacity: true)
            skipsSpaces = true
        }
        switch reading {
        case .more, .ended: break
        case .closed:
            // A section without a call is no section.
            if calls.hasCallInSection { enter(.text) } else { reject([]) }
            isAtStart = false
        case .passed:
            let rest = calls.takeUnsettled()
            enter(.text)
            isAtStart = false
            for byte in rest { take(byte) }
        case .invalid:
            calls.breakOff()
            reject([], but: 1)
            take(byte)
        }
    }

    /// What was read is no call: it is told as text.
    private mutating func reject(_ head: [UInt8], but count: Int = 0) {
        let bytes = head + calls.takeUnsettled().dropLast(count)
        mode = .text
        look()
        isAtStart = false
        spellsTokens = true
        say(bytes)
    }

    private mutating func finish(_ reader: SectionReader) {
        // A call that was cut is told as far as it came.
        if calls.isOpen { return calls.end() }
        if reader.isBetweenCalls, calls.hasCallInSection { return }
        reject([])
        flushSpaces()
    }

    // MARK: Messages with heads

    private mutating func takeHead(_ byte: UInt8, _ head: [UInt8]) {
        var head = head
        let match = matcher.push(byte, into: &head)
        mode = .head(head)
        if match != nil { return begin(message: MessageHead(head, grammar.format.channels), head) }
        if head.count > Self.headBytes { reject(head) }
    }

    private mutating func begin(message: MessageHead, _ head: [UInt8]) {
        guard let recipient = message.recipient else {
            return enter(message.isThinking ? .thinking : .text)
        }
        guard calls.toolbox.resolve(recipient) != nil else {
            reject(head + (grammar.inHead.first?.bytes ?? []))
            return
        }
        enter(.text)
        let reader = NamedCallReader(of: recipient)
        mode = .section(SectionReader(grammar.channelCall, beginningWith: .named(reader)))
        for byte in head + (grammar.inHead.first?.bytes ?? []) { calls.note(byte) }
    }

    // MARK: The prompt

    /// Begins where a prompt leaves off: it may have opened a thought, or the head of a message.
    ///
    /// `tail` is the prompt from its last turn on, as the model reads it.
    public mutating func begin(after tail: some Sequence<PromptPiece>) {
        var reader = OutputParser(
            grammar,
            tools: Toolbox(),
            ids: CallIDs(.prefixed, prefix: "", seed: (0, 0))
        )
        for piece in tail {
            switch piece {
            case .text(let text): reader.push(text)
            case .token(let token): reader.push(token: token)
            }
        }
        switch reader.mode {
        case .thinking: enter(.thinking)
        case .head(let head): enter(.head(head))
        case .text, .section: break
        }
    }
}

/// A stretch of a prompt's end.
public enum PromptPiece: Hashable, Sendable {
    case text(String)
    case token(String)
}
