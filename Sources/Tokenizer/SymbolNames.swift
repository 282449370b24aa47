/// The symbols of a byte-pair model whose merges are written as texts: the tokens, and behind them the texts
/// that merges name and no token has.
struct SymbolNames {
    private let vocabulary: Vocabulary
    private var extra: [[UInt8]: UInt32] = [:]
    private var extraTexts: [[UInt8]] = []

    init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    /// Two parts with a space between them, earliest first; of two lines with the same parts the first
    /// counts.
    mutating func mergeTable(_ lines: [[UInt8]]) throws(TokenizerError) -> MergeTable {
        guard lines.count <= Int(Limits.highestID) else {
            throw TokenizerError("tokenizer.ggml.merges has more than \(Limits.highestID) lines")
        }
        var table = MergeTable(capacity: lines.count)
        for (rank, line) in lines.enumerated() {
            guard let space = line.dropFirst().firstIndex(of: UInt8(ascii: " ")) else { continue }
            let left = Array(line[..<space])
            let right = Array(line[(space + 1)...])
            let pair = (id(left), id(right))
            guard table.merge(pair.0, pair.1) == MergeTable.none else { continue }
            table.add(pair.0, pair.1, rank: UInt32(truncatingIfNeeded: rank), result: id(left + right))
        }
        return table
    }

    /// What the symbols that are no tokens become: their bytes, as far as these have tokens.
    func expansions(_ byteTokens: [UInt32?]) -> [[UInt32]] {
        extraTexts.map { text in text.compactMap { byteTokens[Int($0)] } }
    }

    private mutating func id(_ text: [UInt8]) -> UInt32 {
        if let id = vocabulary.id(of: text) ?? extra[text] { return id }
        let id = UInt32(truncatingIfNeeded: vocabulary.size + extraTexts.count)
        extra[text] = id
        extraTexts.append(text)
        return id
    }
}
