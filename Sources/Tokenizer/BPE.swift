/// Byte-pair encoding: a word starts as its characters, and the neighbours whose merge was learnt earliest
/// are joined until no merge is left.
///
/// Cost: linear for short words, n log n for long ones, because a client can send a megabyte without a single
/// space.
final class BPE: Sendable {
    /// Which words are taken whole where they are a token as they stand.
    enum WholeWords: Sendable {
        case none
        case all
        /// Those of nothing but line ends.
        case lineEnds
    }

    /// What a file says beside its tokens and merges.
    struct Rules: Sendable {
        var wholeWords = WholeWords.none
        /// Stands in for a character that no token has.
        var unknown: UInt32?
        /// Neighbouring unknown characters become one unknown token.
        var fusesUnknown = false
        /// The tokens of the 256 bytes, which stand in for unknown characters; empty when they are not used.
        var byteTokens: [UInt32?] = []
        var continuingPrefix: [UInt8] = []
        var endSuffix: [UInt8] = []
        /// Nothing is merged across a character that no token has.
        var unknownIsBarrier = false
        /// What the symbols from `vocabulary.size` onwards become, which merges name and no token has.
        var expansions: [[UInt32]] = []
    }

    let vocabulary: Vocabulary
    private let merges: MergeTable
    private let rules: Rules
    /// The ids of the characters below U+0400, `missing` where there is none: all of the byte alphabet.
    private let shortcuts: [UInt32]
    private let isPlain: Bool
    /// Whether a word falls apart in front of each filler that follows something else.
    private let splitsAtFillers: Bool

    private static let missing = UInt32.max

    init(_ vocabulary: Vocabulary, _ merges: MergeTable, _ rules: Rules) {
        self.vocabulary = vocabulary
        self.merges = merges
        self.rules = rules
        isPlain = rules.continuingPrefix.isEmpty && rules.endSuffix.isEmpty
        splitsAtFillers = isPlain && !vocabulary.hasInnerFiller && vocabulary.id(of: Filler.bytes) != nil
        shortcuts = (0..<UInt32(0x400)).map { value in
            var name: [UInt8] = []
            if let scalar = Unicode.Scalar(value) { name.append(scalar) }
            return vocabulary.id(of: name) ?? Self.missing
        }
    }

    /// Appends the ids of one word to `scratch.ids`.
    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        if isTakenWhole(word), let id = vocabulary.id(of: word) {
            scratch.ids.append(id)
            return
        }
        guard splitsAtFillers, word.count > Limits.scannedSymbols else { return encodePart(word, scratch) }
        var start = 0
        while start < word.count {
            let end = Filler.nextRun(in: word, after: start)
            encodePart(word.part(start..<end), scratch)
            start = end
        }
    }

    private func isTakenWhole(_ word: Bytes) -> Bool {
        switch rules.wholeWords {
        case .none: false
        case .all: true
        case .lineEnds: word.first == 0x0A && word.allSatisfy { $0 == 0x0A }
        }
    }

    private func encodePart(_ word: Bytes, _ scratch: EncodingScratch) {
        if scratch.words.append(word, to: &scratch.ids) { return }
        let first = scratch.ids.count
        scratch.symbols.removeAll(keepingCapacity: true)
        appendSymbols(of: word, scratch)
        merge(scratch)
        scratch.words.remember(word, scratch.ids[first...])
    }

    // MARK: - Symbols

    private func appendSymbols(of word: Bytes, _ scratch: EncodingScratch) {
        var unknownPending: UInt32?
        var start = 0
        while start < word.count {
            let (scalar, byteCount) = word.scalar(at: start)
            let character = start..<start + byteCount
            let id = isPlain ? plainID(scalar, word.part(character)) : affixedID(character, of: word)
            start += byteCount
            if let id {
                if let pending = unknownPending { scratch.symbols.append(pending) }
                unknownPending = nil
                scratch.symbols.append(id)
            } else if rules.unknownIsBarrier {
                merge(scratch)
                _ = appendByteTokens(word.part(character), to: &scratch.ids)
            } else if !appendByteTokens(character, of: word, to: &scratch.symbols),
                let unknown = rules.unknown
            {
                // What is pending stays pending behind byte tokens too: the reference does so.
                if let pending = unknownPending, !rules.fusesUnknown { scratch.symbols.append(pending) }
                unknownPending = unknown
            }
        }
        if let pending = unknownPending { scratch.symbols.append(pending) }
    }

    private func plainID(_ scalar: Unicode.Scalar, _ character: Bytes) -> UInt32? {
        guard scalar.value < UInt32(shortcuts.count) else { return vocabulary.id(of: character) }
        let id = shortcuts[Int(scalar.value)]
        return id == Self.missing ? nil : id
    }

    private func affixedID(_ character: Range<Int>, of word: Bytes) -> UInt32? {
        vocabulary.id(of: affixed(character, of: word))
    }

    private func affixed(_ character: Range<Int>, of word: Bytes) -> [UInt8] {
        var name: [UInt8] = character.lowerBound > 0 ? rules.continuingPrefix : []
        name += word.part(character)
        if character.upperBound == word.count { name += rules.endSuffix }
        return name
    }

    private func appendByteTokens(_ character: Range<Int>, of word: Bytes, to symbols: inout [UInt32]) -> Bool
    {
        guard !isPlain else { return appendByteTokens(word.part(character), to: &symbols) }
        return affixed(character, of: word).withUnsafeBufferPointer { appendByteTokens($0, to: &symbols) }
    }

    /// True when every byte of the character has a token of its own.
    private func appendByteTokens(_ character: Bytes, to symbols: inout [UInt32]) -> Bool {
        guard !rules.byteTokens.isEmpty else { return false }
        let isBarrier = rules.unknownIsBarrier
        guard isBarrier || character.allSatisfy({ rules.byteTokens[Int($0)] != nil }) else { return false }
        for byte in character {
            if let id = rules.byteTokens[Int(byte)] { symbols.append(id) }
        }
        return true
    }

    // MARK: - Merging

    /// Merges the symbols collected so far and appends what they become.
    private func merge(_ scratch: EncodingScratch) {
        if scratch.symbols.count <= Limits.scannedSymbols {
            merges.mergeByScanning(&scratch.symbols, &scratch.merges)
            append(scratch.symbols, to: &scratch.ids)
        } else {
            var long = LongWord(scratch.symbols)
            long.merge(merges)
            append(long.merged, to: &scratch.ids)
        }
        scratch.symbols.removeAll(keepingCapacity: true)
    }

    private func append(_ symbols: [UInt32], to ids: inout [UInt32]) {
        guard !rules.expansions.isEmpty else { return ids.append(contentsOf: symbols) }
        for symbol in symbols {
            let index = Int(symbol) - vocabulary.size
            if rules.expansions.indices.contains(index) {
                ids.append(contentsOf: rules.expansions[index])
            } else {
                ids.append(symbol)
            }
        }
    }
}

/// How a byte-fallback token is written.
func byteTokenName(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]] + Array(">".utf8)
}
