/// The pieces of a SentencePiece model, and the parts of a tokenizer that are made of them.
struct PieceTable {
    let vocabulary: Vocabulary
    private let file: SentencePieceFile
    private let unknown: UInt32?

    init(_ file: SentencePieceFile) {
        var vocabulary = Vocabulary(capacity: file.pieces.count)
        for (id, piece) in file.pieces.enumerated() { vocabulary.add(piece.text, id: UInt32(id)) }
        self.file = file
        self.vocabulary = vocabulary
        unknown = file.pieces.firstIndex { $0.type == .unknown }.map { UInt32($0) }
    }

    private func pieces(_ type: SentencePieceFile.PieceType) -> [(id: Int, text: [UInt8])] {
        file.pieces.enumerated().compactMap { $1.type == type ? ($0, $1.text) : nil }
    }

    private var byteTokens: [UInt32?] { file.fallsBackToBytes ? vocabulary.byteTokens : [] }

    private var wholeTokens: ByteTrie {
        var trie = ByteTrie()
        for (id, text) in pieces(.userDefined) { trie.insert(text, value: id) }
        return trie
    }

    /// Control pieces are found in a text only where special tokens are; SentencePiece itself never does.
    var addedTokens: AddedTokens {
        let tokens = pieces(.control).filter { $0.text.count <= Limits.addedTokenBytes }.map { id, text in
            AddedTokens.Token(id: UInt32(id), content: text, text: text, isSpecial: true)
        }
        return AddedTokens(tokens, .leftmost)
    }

    func normalizer(isLegacy: Bool) throws(TokenizerError) -> SentencePieceNormalizer {
        var normalizer = SentencePieceNormalizer()
        if !file.characterMap.isEmpty {
            normalizer.map = try CharacterMap(
                file.characterMap,
                path: "the character map of the SentencePiece model"
            )
        }
        normalizer.wholeTokens = wholeTokens
        normalizer.spaces = file.removesExtraSpaces ? .joined : .kept
        normalizer.prefix = file.addsDummyPrefix ? isLegacy ? .every : .first : .none
        normalizer.isSuffix = file.treatsSpaceAsSuffix
        normalizer.escapesSpaces = file.escapesSpaces
        return normalizer
    }

    var model: Model {
        switch file.kind {
        case .bytePairs:
            var rules = PieceMerging.Rules()
            rules.unknown = unknown
            rules.byteTokens = byteTokens
            rules.wholeTokens = wholeTokens
            rules.passing = Set(pieces(.unused).map { UInt32($0.id) })
            let scores = file.pieces.map { piece -> Float? in
                switch piece.type {
                case .normal, .userDefined, .unused: piece.score
                case .unknown, .control, .byte: nil
                }
            }
            return .pieceMerging(PieceMerging(vocabulary, scores: scores, rules))
        case .unigram, .words, .characters:
            let lowest =
                file.pieces.filter { $0.type == .normal }.map(\.score).min() ?? .greatestFiniteMagnitude
            var rules = Unigram.Rules(unknownScore: Double(lowest - Float(Limits.unknownPenalty)))
            rules.unknown = unknown
            rules.byteTokens = byteTokens
            rules.isSingle = true
            let scores = file.pieces.map { piece -> Double? in
                switch piece.type {
                case .normal: Double(piece.score)
                // Longer than one byte, it is preferred to anything.
                case .userDefined: Double(Float(0.1 * Double(piece.text.count - 1)))
                case .unknown, .control, .byte, .unused: nil
                }
            }
            return .unigram(Unigram(vocabulary, scores: scores, rules))
        }
    }

    /// Control pieces are shown unless special tokens are left out; SentencePiece itself never shows them.
    var texts: TokenTexts {
        var decoder = Decoder(joining: .bytePieces)
        if file.removesExtraSpaces {
            decoder.start = .text
        } else if file.addsDummyPrefix {
            decoder.start = .textOrChange
        }
        return TokenTexts(size: file.pieces.count, decoder: decoder) { id, isFirst in
            let piece = file.pieces[Int(id)]
            switch piece.type {
            case .byte: return byteOfToken(piece.text).map { .byte($0) } ?? .text([])
            case .unknown: return .text(file.unknownSurface)
            case .control: return .text(piece.text)
            case .normal, .userDefined, .unused:
                let dropsFiller = isFirst && piece.text.starts(with: Filler.bytes)
                let text = dropsFiller ? Array(piece.text.dropFirst(Filler.bytes.count)) : piece.text
                return .text(text.replacing(Filler.bytes, with: [UInt8(ascii: " ")]))
            }
        }
    }
}
