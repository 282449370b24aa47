/// Reads a section of calls: one after the other, with whatever stands between them.
struct SectionReader: Sendable {
    /// What may stand between calls and is a marker.
    private enum Sign {
        case close
        case itemOpen
        case itemClose
    }

    private let grammar: CallGrammar
    private let signs: [Sign]
    private var matcher: MarkerMatcher
    private var item: ItemReader?
    /// A call may begin here without a marker of its own.
    private var mayBegin: Bool
    /// Brackets around calls that are open.
    private var openBracketCount = 0

    init(_ grammar: CallGrammar, beginningWith item: ItemReader? = nil) {
        self.grammar = grammar
        self.item = item
        signs =
            grammar.closes.map { _ in .close } + grammar.itemOpens.map { _ in .itemOpen }
            + grammar.itemCloses.map { _ in .itemClose }
        matcher = MarkerMatcher(grammar.closes + grammar.itemOpens + grammar.itemCloses)
        mayBegin = grammar.itemOpens.isEmpty
    }

    /// Whether everything that came is whole: nothing of a call is missing.
    var isBetweenCalls: Bool { item == nil && !matcher.isHolding }

    /// What a byte meant to the section, never `ended`.
    ///
    /// `closed` if it ended with the byte, `passed` if it ended before what is unsettled.
    mutating func read(_ byte: UInt8, _ calls: inout CallRecorder) -> Reading {
        guard var reader = item else { return readBetween(byte, &calls) }
        item = nil
        let reading = reader.read(byte, &calls)
        switch reading {
        case .more: item = reader
        case .ended: mayBegin = grammar.itemOpens.isEmpty
        case .passed:
            mayBegin = grammar.itemOpens.isEmpty
            return readBetween(byte, &calls)
        case .closed: return .closed
        case .invalid: return isEndOfSection(calls) ? .passed : .invalid
        }
        return .more
    }

    /// Whether what is no call ends the section, and has not been told of as one.
    private func isEndOfSection(_ calls: CallRecorder) -> Bool {
        calls.hasCallInSection && !calls.isOpen && grammar.closes.isEmpty
    }

    private mutating func readBetween(_ byte: UInt8, _ calls: inout CallRecorder) -> Reading {
        var released: [UInt8] = []
        if let match = matcher.push(byte, into: &released) {
            switch signs[match] {
            case .close: return .closed
            case .itemOpen: mayBegin = true
            case .itemClose: calls.settle()
            }
        }
        for (index, byte) in released.enumerated() where !isSeparator(byte, &calls) {
            guard mayBegin, let reader = grammar.reader(beginningWith: byte) else {
                return isEndOfSection(calls) ? .passed : .invalid
            }
            item = reader
            var rest = Array(released[index...])
            matcher.flush(into: &rest)
            for byte in rest {
                let reading = read(byte, &calls)
                guard reading == .more else { return reading }
            }
            break
        }
        return .more
    }

    private mutating func isSeparator(_ byte: UInt8, _ calls: inout CallRecorder) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ";"): return true
        case UInt8(ascii: "["):
            if grammar.hasBrackets { openBracketCount += 1 }
            return grammar.hasBrackets
        case UInt8(ascii: "]"):
            // It belongs to the calls that it ends, whatever follows.
            if openBracketCount > 0, calls.hasCallInSection { calls.settle() }
            openBracketCount = max(0, openBracketCount - 1)
            return grammar.hasBrackets
        default: return byte.isSpace
        }
    }
}
