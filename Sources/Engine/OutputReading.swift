public import Contract
public import Output

/// How a request wants its output read while it is generated: what is thought, and which tools are called.
public struct OutputReading: Sendable {
    /// Where the prompt leaves off.
    public var parser: OutputParser
    /// Special tokens that are markers.
    ///
    /// They have no text of their own.
    public var markers: [TokenID: String]
    /// What is generated when the budget of thinking is used up, whatever the model would have said.
    public var endOfThinking: [TokenID] = []
    /// Tokens that may be thought; nil is no limit.
    public var thinkingBudget: Int?
    /// Whether the generation ends with the first call.
    public var endsWithCall = false

    public init(parser: OutputParser, markers: [TokenID: String]) {
        self.parser = parser
        self.markers = markers
    }
}

/// What ids released: text, and where it becomes something else.
struct ReleasedText: Sendable {
    var text = ""
    var marks: [OutputMark] = []
    var thinkingTokens: UInt32 = 0

    /// Adds what is to be shown, with a mark where it is not of the kind that came before.
    mutating func append(_ event: OutputEvent, _ kind: inout OutputMark.Kind) {
        switch event {
        case .text(let piece): append(piece, .text, &kind)
        case .thinking(let piece): append(piece, .thinking, &kind)
        case .callBegan(_, let id, let name): append("", .call(ToolCallHead(id: id, name: name)), &kind)
        case .arguments(let piece): text += piece
        case .callEnded: append("", .text, &kind)
        }
    }

    private mutating func append(_ piece: String, _ kind: OutputMark.Kind, _ current: inout OutputMark.Kind) {
        if kind != current {
            marks.append(OutputMark(offset: UInt32(clamping: text.utf8.count), kind))
            current = kind
        }
        text += piece
    }

    mutating func append(_ other: ReleasedText) {
        let before = UInt32(clamping: text.utf8.count)
        text += other.text
        marks += other.marks.map {
            OutputMark(offset: UInt32(clamping: Int(before) + Int($0.offset)), $0.kind)
        }
        thinkingTokens += other.thinkingTokens
    }
}

extension TokenRecord {
    mutating func append(_ released: ReleasedText) {
        var all = ReleasedText(text: text, marks: marks, thinkingTokens: thinkingTokens)
        all.append(released)
        (text, marks, thinkingTokens) = (all.text, all.marks, all.thinkingTokens)
    }
}
