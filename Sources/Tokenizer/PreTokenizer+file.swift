internal import JSON

/// Reading and checking the steps of a pre-tokenizer.
extension PreTokenizer {
    private static let known = [
        "BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "FixedLength", "Metaspace",
        "Punctuation", "Sequence", "Split", "UnicodeScripts", "Whitespace", "WhitespaceSplit",
    ]

    static func steps(_ field: Field) throws(TokenizerError) -> [Step] {
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
                .split(Split(pattern: .scalars(\.isWhiteSpace), behavior: .removed)),
                .split(Split(pattern: .scalars(\.isWord), behavior: .contiguous)),
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
        case "FixedLength":
            let length = field["length"].isNull ? 5 : try field["length"].count()
            guard length > 0 else { throw field["length"].failure("must be at least 1") }
            return [.fixedLength(length)]
        case "UnicodeScripts": return [.scripts(try Script.runs())]
        default: throw field["type"].unknown(type, known)
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
}
