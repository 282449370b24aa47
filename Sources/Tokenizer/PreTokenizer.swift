/// The steps that cut a text into the words that the model sees.
///
/// Each word goes through all steps before the next one starts, so memory does not grow with the number of
/// words.
struct PreTokenizer: Sendable {
    enum Step: Sendable {
        case split(Split)
        /// Writes bytes in the byte alphabet; a space goes in front of a text that has none.
        case byteLevel(addsPrefixSpace: Bool, words: Split?)
        case metaspace(Metaspace)
        /// Pieces of so many characters.
        case fixedLength(Int)
        /// Pieces of one script, with the spaces behind them.
        case scripts(RegularExpression)
        case bertWords(BertWords)
    }

    struct Split: Sendable {
        var pattern: Pattern
        var behavior: SplitBehavior
        /// What does not match counts as the match.
        var isInverted = false
    }

    struct Metaspace: Sendable {
        enum Prepending: String {
            case always
            case first
            case never
        }

        var replacement: [UInt8]
        var prepending: Prepending
        var splits: Bool
    }

    /// A piece of text on its way through the steps.
    private struct Piece {
        var text: Bytes
        /// True for what starts where the whole text starts.
        var isFirst: Bool

        func part(_ range: Range<Int>) -> Piece {
            Piece(text: text.part(range), isFirst: isFirst && range.lowerBound == 0)
        }
    }

    private var steps: [Step] = []

    init(steps: [Step]) { self.steps = steps }

    init(_ field: Field) throws(TokenizerError) {
        for part in try field.unfolded("pretokenizers") { steps += try Self.steps(part) }
    }

    /// Calls `body` with every word of `text`, in order.
    func forEachWord(in text: Bytes, isFirst: Bool, _ scratch: EncodingScratch, _ body: (Bytes) -> Void) {
        run(0, Piece(text: text, isFirst: isFirst), scratch, body)
    }

    private func run(_ index: Int, _ piece: Piece, _ scratch: EncodingScratch, _ body: (Bytes) -> Void) {
        guard !piece.text.isEmpty else { return }
        guard index < steps.count else { return body(piece.text) }
        switch steps[index] {
        case .split(let step): split(piece, step, scratch) { run(index + 1, $0, scratch, body) }
        case .byteLevel(let addsPrefixSpace, let words):
            guard addsPrefixSpace, piece.text[0] != UInt8(ascii: " ") else {
                return byteLevel(index, piece, words, scratch, body)
            }
            let spaced = [UInt8(ascii: " ")] + piece.text
            spaced.withUnsafeBufferPointer {
                byteLevel(index, Piece(text: $0, isFirst: piece.isFirst), words, scratch, body)
            }
        case .metaspace(let metaspace):
            replaceSpaces(piece, metaspace, scratch) { run(index + 1, $0, scratch, body) }
        case .fixedLength(let length): cut(piece, length) { run(index + 1, $0, scratch, body) }
        case .scripts(let runs):
            // What belongs to no script is left out where it comes first.
            runs.forEachMatch(in: piece.text, scratch.match) { range in
                run(index + 1, piece.part(range), scratch, body)
            }
        case .bertWords(let words):
            var buffer = scratch.takeBuffer(index)
            words.forEach(in: piece.text, &buffer) { word in
                run(index + 1, Piece(text: word, isFirst: false), scratch, body)
            }
            scratch.giveBack(buffer, index)
        }
    }

    private func split(_ piece: Piece, _ step: Split, _ scratch: EncodingScratch, _ body: (Piece) -> Void) {
        var assembler = SplitAssembler(step.behavior)
        func emit(_ range: Range<Int>) { body(piece.part(range)) }
        step.pattern.forEachSegment(in: piece.text, scratch.match) { segment, isMatch in
            assembler.take(segment, isMatch: isMatch != step.isInverted, emit)
        }
        assembler.finish(emit)
    }

    private func cut(_ piece: Piece, _ length: Int, _ body: (Piece) -> Void) {
        var start = 0
        var end = 0
        var characterCount = 0
        while end < piece.text.count {
            end += piece.text.scalar(at: end).byteCount
            characterCount += 1
            if characterCount == length || end == piece.text.count {
                body(piece.part(start..<end))
                start = end
                characterCount = 0
            }
        }
    }

    private func byteLevel(
        _ index: Int,
        _ piece: Piece,
        _ words: Split?,
        _ scratch: EncodingScratch,
        _ body: (Bytes) -> Void
    ) {
        func spell(_ word: Piece) {
            var buffer = scratch.takeBuffer(index)
            ByteAlphabet.append(word.text, to: &buffer)
            buffer.withUnsafeBufferPointer {
                run(index + 1, Piece(text: $0, isFirst: word.isFirst), scratch, body)
            }
            scratch.giveBack(buffer, index)
        }
        guard let words else { return spell(piece) }
        split(piece, words, scratch, spell)
    }

    private func replaceSpaces(
        _ piece: Piece,
        _ metaspace: Metaspace,
        _ scratch: EncodingScratch,
        _ body: (Piece) -> Void
    ) {
        let spaces = Pattern.text([UInt8(ascii: " ")])
        var text =
            spaces.replacing(in: piece.text, with: metaspace.replacement, scratch.match) ?? Array(piece.text)
        let prepends = metaspace.prepending == .always || metaspace.prepending == .first && piece.isFirst
        if prepends, !text.starts(with: metaspace.replacement) {
            text.insert(contentsOf: metaspace.replacement, at: 0)
        }
        text.withUnsafeBufferPointer { text in
            let replaced = Piece(text: text, isFirst: piece.isFirst)
            guard metaspace.splits else { return body(replaced) }
            let step = Split(pattern: .text(metaspace.replacement), behavior: .mergedWithNext)
            split(replaced, step, scratch, body)
        }
    }
}
