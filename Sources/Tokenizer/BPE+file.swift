internal import JSON

/// Reading and checking the parts of a `BPE` model.
extension BPE {
    convenience init(_ field: Field) throws(TokenizerError) {
        let vocabulary = try Vocabulary(field["vocab"])
        var rules = Rules()
        rules.continuingPrefix = try Self.affix(field["continuing_subword_prefix"])
        rules.endSuffix = try Self.affix(field["end_of_word_suffix"])
        rules.wholeWords = try field["ignore_merges"].bool(default: false) ? .all : .none
        rules.fusesUnknown = try field["fuse_unk"].bool(default: false)
        // A name that no token has is never needed where every character has a token.
        rules.unknown = field["unk_token"].isNull ? nil : vocabulary.id(of: try field["unk_token"].bytes())
        if try field["byte_fallback"].bool(default: false) { rules.byteTokens = vocabulary.byteTokens }
        let dropout = field["dropout"]
        guard dropout.isNull || dropout.value.numberValue == 0 else {
            throw dropout.failure("asks for random merges; only 0 is possible here")
        }
        let merges = try Self.readMerges(
            field["merges"],
            vocabulary,
            prefixByteCount: rules.continuingPrefix.count
        )
        self.init(vocabulary, merges, rules)
    }

    static func readMerges(
        _ field: Field,
        _ vocabulary: Vocabulary,
        prefixByteCount: Int
    ) throws(TokenizerError) -> MergeTable {
        guard let lines = field.value.arrayValue else { throw field.failure("must be a list") }
        var table = MergeTable(capacity: lines.count)
        for (rank, line) in lines.enumerated() {
            func failure(_ problem: String) -> TokenizerError {
                TokenizerError("\(field.path)[\(rank)] \(problem)")
            }
            guard let (left, right) = halves(of: line) else { throw failure("must be two tokens") }
            guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right) else {
                throw failure("names a token that is not in the vocabulary")
            }
            guard let result = vocabulary.id(of: left + right.dropFirst(prefixByteCount)) else {
                throw failure("makes a token that is not in the vocabulary")
            }
            table.add(leftID, rightID, rank: UInt32(truncatingIfNeeded: rank), result: result)
        }
        return table
    }

    private static func affix(_ field: Field) throws(TokenizerError) -> [UInt8] {
        field.isNull ? [] : try field.bytes()
    }

    /// `"a b"` or `["a", "b"]`.
    private static func halves(of line: JSONValue) -> (left: [UInt8], right: [UInt8])? {
        if let text = line.stringValue {
            let parts = Array(text.utf8).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            return parts.count == 2 ? (Array(parts[0]), Array(parts[1])) : nil
        }
        guard let pair = line.arrayValue, pair.count == 2, let left = pair[0].stringValue,
            let right = pair[1].stringValue
        else { return nil }
        return (Array(left.utf8), Array(right.utf8))
    }
}

extension Vocabulary {
    /// Reads an object of tokens and their ids.
    init(_ field: Field) throws(TokenizerError) {
        let tokens = try field.object()
        self.init(capacity: tokens.count)
        for (token, value) in tokens {
            let id = try Field(value: value, path: "\(field.path)[\"\(token)\"]").tokenID()
            add(Array(token.utf8), id: id)
        }
    }

    /// By byte: the id of `<0x00>`…`<0xFF>`.
    var byteTokens: [UInt32?] { (0..<256).map { id(of: byteTokenName(UInt8($0))) } }
}
