/// Byte-pair encoding: a word starts as its characters, and the neighbours whose merge was learnt earliest
/// are joined until no merge is left.
///
/// Cost: linear for short words, n log n for long ones, because a client can send a megabyte without a single
/// space.
final class BPE: Sendable {
    let vocabulary: Vocabulary
    private let merges: MergeTable
    /// A word that is a token as it stands is taken whole.
    private let ignoresMerges: Bool
    private let unknown: UInt32?
    /// Neighbouring unknown characters become one unknown token.
    private let fusesUnknown: Bool
    /// The tokens `<0x00>`…`<0xFF>` that stand in for unknown characters; empty when they are not used.
    private let byteTokens: [UInt32?]
    private let continuingPrefix: [UInt8]
    private let endSuffix: [UInt8]
    /// The ids of the characters below U+0400, `missing` where there is none: all of the byte alphabet.
    private let shortcuts: [UInt32]

    private static let missing = UInt32.max

    init(_ field: Field) throws(TokenizerError) {
        let vocabulary = try Self.readVocabulary(field["vocab"])
        self.vocabulary = vocabulary
        continuingPrefix = try Self.affix(field["continuing_subword_prefix"])
        endSuffix = try Self.affix(field["end_of_word_suffix"])
        merges = try Self.readMerges(field["merges"], vocabulary, prefixByteCount: continuingPrefix.count)
        ignoresMerges = try field["ignore_merges"].bool(default: false)
        fusesUnknown = try field["fuse_unk"].bool(default: false)
        unknown = try Self.readUnknown(field["unk_token"], vocabulary)
        byteTokens =
            try field["byte_fallback"].bool(default: false)
            ? (0..<256).map { vocabulary.id(of: byteTokenName(UInt8($0))) } : []
        shortcuts = (0..<UInt32(0x400)).map { value in
            var name: [UInt8] = []
            if let scalar = Unicode.Scalar(value) { name.append(scalar) }
            return vocabulary.id(of: name) ?? Self.missing
        }
    }

    /// Appends the ids of one word to `scratch.ids`.
    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        guard word.count <= Limits.wordBytes else {
            let cut = word.scalarBoundary(atOrBefore: Limits.wordBytes)
            encode(word.part(0..<cut), scratch)
            encode(word.part(cut..<word.count), scratch)
            return
        }
        if ignoresMerges, let id = vocabulary.id(of: word) {
            scratch.ids.append(id)
            return
        }
        scratch.symbols.removeAll(keepingCapacity: true)
        appendSymbols(of: word, to: &scratch.symbols)
        if scratch.symbols.count <= Limits.scannedSymbols {
            mergeByScanning(&scratch.symbols, &scratch.merges)
            scratch.ids.append(contentsOf: scratch.symbols)
        } else {
            var long = LongWord(scratch.symbols)
            long.merge(merges)
            long.append(to: &scratch.ids)
        }
    }

    // MARK: - Symbols

    private func appendSymbols(of word: Bytes, to symbols: inout [UInt32]) {
        let isPlain = continuingPrefix.isEmpty && endSuffix.isEmpty
        var unknownPending: UInt32?
        var start = 0
        while start < word.count {
            let (scalar, byteCount) = word.scalar(at: start)
            let character = start..<start + byteCount
            let id = isPlain ? plainID(scalar, word.part(character)) : affixedID(character, of: word)
            start += byteCount
            if let id {
                if let pending = unknownPending { symbols.append(pending) }
                unknownPending = nil
                symbols.append(id)
            } else if !appendByteTokens(word.part(character), to: &symbols), let unknown {
                // What is pending stays pending behind byte tokens too: the reference does so.
                if let pending = unknownPending, !fusesUnknown { symbols.append(pending) }
                unknownPending = unknown
            }
        }
        if let pending = unknownPending { symbols.append(pending) }
    }

    private func plainID(_ scalar: Unicode.Scalar, _ character: Bytes) -> UInt32? {
        guard scalar.value < UInt32(shortcuts.count) else { return vocabulary.id(of: character) }
        let id = shortcuts[Int(scalar.value)]
        return id == Self.missing ? nil : id
    }

    private func affixedID(_ character: Range<Int>, of word: Bytes) -> UInt32? {
        var name: [UInt8] = character.lowerBound > 0 ? continuingPrefix : []
        name += word.part(character)
        if character.upperBound == word.count { name += endSuffix }
        return vocabulary.id(of: name)
    }

    /// True when every byte of the character has a token of its own.
    private func appendByteTokens(_ character: Bytes, to symbols: inout [UInt32]) -> Bool {
        guard !byteTokens.isEmpty, character.allSatisfy({ byteTokens[Int($0)] != nil }) else { return false }
        for byte in character {
            if let id = byteTokens[Int(byte)] { symbols.append(id) }
        }
        return true
    }

    // MARK: - Merging

    private func mergeByScanning(_ symbols: inout [UInt32], _ candidates: inout [MergeTable.Merge]) {
        guard symbols.count > 1 else { return }
        candidates.removeAll(keepingCapacity: true)
        for index in 1..<symbols.count { candidates.append(merges.merge(symbols[index - 1], symbols[index])) }
        while true {
            var best = MergeTable.none
            var place = 0
            for index in candidates.indices where candidates[index] < best {
                best = candidates[index]
                place = index
            }
            guard best != MergeTable.none else { return }
            symbols[place] = UInt32(truncatingIfNeeded: best)
            symbols.remove(at: place + 1)
            candidates.remove(at: place)
            if place > 0 { candidates[place - 1] = merges.merge(symbols[place - 1], symbols[place]) }
            if place < candidates.count {
                candidates[place] = merges.merge(symbols[place], symbols[place + 1])
            }
        }
    }
}

/// How a byte-fallback token is written.
func byteTokenName(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]] + Array(">".utf8)
}
