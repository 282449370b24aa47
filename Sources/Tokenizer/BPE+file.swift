internal import JSON

/// Reading and checking the parts of a `BPE` model.
extension BPE {
    static func readVocabulary(_ field: Field) throws(TokenizerError) -> Vocabulary {
        let tokens = try field.object()
        var vocabulary = Vocabulary(capacity: tokens.count)
        for (token, value) in tokens {
            let id = try Field(value: value, path: "\(field.path)[\"\(token)\"]").tokenID()
            _ = vocabulary.add(token, id: id)
        }
        return vocabulary
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

    static func affix(_ field: Field) throws(TokenizerError) -> [UInt8] {
        field.isNull ? [] : try field.bytes()
    }

    static func readUnknown(_ field: Field, _ vocabulary: Vocabulary) throws(TokenizerError) -> UInt32? {
        if field.isNull { return nil }
        guard let id = vocabulary.id(of: try field.bytes()) else {
            throw field.failure("is not in the vocabulary")
        }
        return id
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
