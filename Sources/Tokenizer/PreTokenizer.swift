internal import JSON

/// The steps that cut a text into the words that the model sees.
///
/// Each word goes through all steps before the next one starts, so memory does not grow with the number of
/// words.
struct PreTokenizer: Sendable {
    private enum Step: Sendable {
        case split(Split)
        /// Writes bytes in the byte alphabet; a space goes in front of a text that has none.
        case byteLevel(addsPrefixSpace: Bool, words: Split?)
        case metaspace(Metaspace)
    }

    private struct Split: Sendable {
        var pattern: Pattern
        var behavior: SplitBehavior
        /// What does not match counts as the match.
        var isInverted = false
    }

    private struct Metaspace: Sendable {
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
    }

    private var steps: [Step] = []

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
        }
    }

    private func split(_ piece: Piece, _ step: Split, _ scratch: EncodingScratch, _ body: (Piece) -> Void) {
        var assembler = SplitAssembler(step.behavior)
        func emit(_ range: Range<Int>) {
            body(Piece(text: piece.text.part(range), isFirst: piece.isFirst && range.lowerBound == 0))
        }
        step.pattern.forEachSegment(in: piece.text, scratch.match) { segment, isMatch in
            assembler.take(segment, isMatch: isMatch != step.isInverted, emit)
        }
        assembler.finish(emit)
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

    // MARK: - Reading

    private static func steps(_ field: Field) throws(TokenizerError) -> [Step] {
        let type = try field["type"].string()
        switch type {
        case "Split":
            let isInverted = try field["invert"].bool(default: false)
            let behavior = try SplitBehavior(field["behavior"])
            let pattern = try Pattern(field["pattern"])
            return [.split(Split(pattern: pattern, behavior: behavior, isInverted: isInverted))]
        case "ByteLevel":
            let words = try field["use_regex"].bool(default: true) ? try gpt2Words() : nil
            return [
                .byteLevel(addsPrefixSpace: try field["add_prefix_space"].bool(default: true), words: words)
            ]
        case "Metaspace": return [.metaspace(try metaspace(field))]
        case "Digits":
            let isIsolated = try field["individual_digits"].bool(default: false)
            return [
                .split(Split(pattern: .scalars(\.isNumeric), behavior: isIsolated ? .isolated : .contiguous))
            ]
        case "Punctuation":
            let behavior =
                field["behavior"].isNull ? SplitBehavior.isolated : try SplitBehavior(field["behavior"])
            return [.split(Split(pattern: .scalars(\.isPunctuation), behavior: behavior))]
        case "Whitespace":
            return [
                .split(
                    Split(
                        pattern: .regularExpression(try wordsAndSymbols()),
                        behavior: .removed,
                        isInverted: true
                    )
                )
            ]
        case "WhitespaceSplit": return [.split(Split(pattern: .scalars(\.isWhiteSpace), behavior: .removed))]
        case "BertPreTokenizer":
            return [
                .split(Split(pattern: .scalars(\.isWhiteSpace), behavior: .removed)),
                .split(Split(pattern: .scalars(\.isPunctuation), behavior: .isolated)),
            ]
        case "CharDelimiterSplit":
            let delimiter = String(try field["delimiter"].scalar())
            return [.split(Split(pattern: .text([UInt8](delimiter.utf8)), behavior: .removed))]
        default: throw field["type"].failure("is \"\(type)\", a pre-tokenizer that is not supported")
        }
    }

    private static func metaspace(_ field: Field) throws(TokenizerError) -> Metaspace {
        let scheme = field["prepend_scheme"]
        var prepending = Metaspace.Prepending.always
        if !scheme.isNull {
            guard let named = Metaspace.Prepending(rawValue: try scheme.string()) else {
                throw scheme.failure("must be \"always\", \"first\" or \"never\"")
            }
            prepending = named
        } else if try !field["add_prefix_space"].bool(default: true) {
            prepending = .never
        }
        return Metaspace(
            replacement: [UInt8](String(try field["replacement"].scalar()).utf8),
            prepending: prepending,
            splits: try field["split"].bool(default: true)
        )
    }

    private static func gpt2Words() throws(TokenizerError) -> Split {
        let pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
        let expression = try RegularExpression([UInt8](pattern.utf8), path: "the pattern of ByteLevel")
        return Split(pattern: .regularExpression(expression), behavior: .isolated)
    }

    /// Here the reference matches with Rust's `\w`, which includes the two joiners.
    private static func wordsAndSymbols() throws(TokenizerError) -> RegularExpression {
        let pattern = #"[\w\x{200C}\x{200D}]+|[^\w\x{200C}\x{200D}\s]+"#
        return try RegularExpression([UInt8](pattern.utf8), path: "the pattern of Whitespace")
    }
}
