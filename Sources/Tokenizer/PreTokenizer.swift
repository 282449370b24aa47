internal import JSON

/// The steps that cut a text into the words that the model sees.
///
/// Each word goes through all steps before the next one starts, so memory does not grow with the number of
/// words.
struct PreTokenizer: Sendable {
    private enum Step: Sendable {
        case split(Pattern, SplitBehavior, isInverted: Bool)
        /// Writes bytes in the byte alphabet; a space goes in front of a text that has none.
        case byteLevel(addsPrefixSpace: Bool, words: Pattern?)
        case metaspace(Metaspace)
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
        case .split(let pattern, let behavior, let isInverted):
            split(piece, at: pattern, behavior, isInverted, scratch) { run(index + 1, $0, scratch, body) }
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

    private func split(
        _ piece: Piece,
        at pattern: Pattern,
        _ behavior: SplitBehavior,
        _ isInverted: Bool,
        _ scratch: EncodingScratch,
        _ body: (Piece) -> Void
    ) {
        var assembler = SplitAssembler(behavior)
        func emit(_ range: Range<Int>) {
            body(Piece(text: piece.text.part(range), isFirst: piece.isFirst && range.lowerBound == 0))
        }
        pattern.forEachSegment(in: piece.text, scratch.match) { segment, isMatch in
            assembler.take(segment, isMatch: isMatch != isInverted, emit)
        }
        assembler.finish(emit)
    }

    private func byteLevel(
        _ index: Int,
        _ piece: Piece,
        _ words: Pattern?,
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
        split(piece, at: words, .isolated, false, scratch, spell)
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
            split(replaced, at: .text(metaspace.replacement), .mergedWithNext, false, scratch, body)
        }
    }

    // MARK: - Reading

    private static func steps(_ field: Field) throws(TokenizerError) -> [Step] {
        let type = try field["type"].string()
        switch type {
        case "Split":
            let isInverted = try field["invert"].bool(default: false)
            return [
                .split(
                    try Pattern(field["pattern"]),
                    try SplitBehavior(field["behavior"]),
                    isInverted: isInverted
                )
            ]
        case "ByteLevel":
            let words = try field["use_regex"].bool(default: true) ? try gpt2Words() : nil
            return [
                .byteLevel(addsPrefixSpace: try field["add_prefix_space"].bool(default: true), words: words)
            ]
        case "Metaspace": return [.metaspace(try metaspace(field))]
        case "Digits":
            let isIsolated = try field["individual_digits"].bool(default: false)
            return [.split(.scalars(\.isNumeric), isIsolated ? .isolated : .contiguous, isInverted: false)]
        case "Punctuation":
            let behavior =
                field["behavior"].isNull ? SplitBehavior.isolated : try SplitBehavior(field["behavior"])
            return [.split(.scalars(\.isPunctuation), behavior, isInverted: false)]
        case "Whitespace":
            return [.split(.regularExpression(try wordsAndSymbols()), .removed, isInverted: true)]
        case "WhitespaceSplit": return [.split(.scalars(\.isWhiteSpace), .removed, isInverted: false)]
        case "BertPreTokenizer":
            return [
                .split(.scalars(\.isWhiteSpace), .removed, isInverted: false),
                .split(.scalars(\.isPunctuation), .isolated, isInverted: false),
            ]
        case "CharDelimiterSplit":
            return [
                .split(
                    .text([UInt8](String(try field["delimiter"].scalar()).utf8)),
                    .removed,
                    isInverted: false
                )
            ]
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

    private static func gpt2Words() throws(TokenizerError) -> Pattern {
        let pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
        return .regularExpression(
            try RegularExpression([UInt8](pattern.utf8), path: "the pattern of ByteLevel")
        )
    }

    /// Here the reference matches with Rust's `\w`, which includes the two joiners.
    private static func wordsAndSymbols() throws(TokenizerError) -> RegularExpression {
        let pattern = #"[\w\x{200C}\x{200D}]+|[^\w\x{200C}\x{200D}\s]+"#
        return try RegularExpression([UInt8](pattern.utf8), path: "the pattern of Whitespace")
    }
}
