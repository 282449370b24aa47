internal import JSON

/// The tokens that stand outside the model: they are found in the text before anything else looks at it.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        var id: UInt32
        var content: [UInt8]
        /// What it decodes to: the content, normalized where the token is.
        var text: [UInt8]
        var isSpecial: Bool
        /// Swallows the white space in front of it.
        var stripsLeft: Bool
        /// Swallows the white space behind it.
        var stripsRight: Bool
        /// Matches only where no letter or digit touches it.
        var isSingleWord: Bool
        /// Is looked for in the normalized text, and is itself normalized.
        var isNormalized: Bool
    }

    enum Piece {
        case token(UInt32)
        /// A part of the text, by bytes.
        case text(Range<Int>)
    }

    /// Which tokens are looked for: those found in the text as it came, or those found in the normalized
    /// text.
    enum Stage {
        case raw
        case normalized
    }

    private(set) var tokens: [Token] = []
    private(set) var specialIDs: Set<UInt32> = []
    private var ids: [[UInt8]: UInt32] = [:]
    private var raw = ByteTrie()
    private var normalized = ByteTrie()

    init(_ field: Field, _ vocabulary: Vocabulary, _ normalizer: Normalizer) throws(TokenizerError) {
        guard !field.isNull else { return }
        for element in try field.elements() {
            let token = try Self.token(element, vocabulary, normalizer)
            guard !token.content.isEmpty, ids[token.content] == nil else { continue }
            tokens.append(token)
            ids[token.content] = token.id
            if token.isSpecial { specialIDs.insert(token.id) }
        }
        // Of two tokens that look the same, special ones are found first.
        for isSpecial in [true, false] {
            for (index, token) in tokens.enumerated() where token.isSpecial == isSpecial {
                if token.isNormalized {
                    normalized.insert(token.text, value: index)
                } else {
                    raw.insert(token.content, value: index)
                }
            }
        }
    }

    func id(of content: [UInt8]) -> UInt32? { ids[content] }

    /// Cuts `text` at the tokens in it: leftmost first, longest first.
    func split(_ text: Bytes, _ stage: Stage, parsesSpecial: Bool, _ body: (Piece) -> Void) {
        let trie = stage == .raw ? raw : normalized
        var searchStart = 0
        /// Everything before here has been handed out.
        var done = 0
        while !trie.isEmpty, searchStart < text.count {
            guard let (index, matchEnd) = trie.longestMatch(in: text, at: searchStart) else {
                searchStart += 1
                continue
            }
            let match = searchStart..<matchEnd
            searchStart = matchEnd
            let token = tokens[index]
            if token.isSpecial, !parsesSpecial { continue }
            if token.isSingleWord, touchesWord(text, match) { continue }
            let start =
                token.stripsLeft ? max(done, spaceStart(text, before: match.lowerBound)) : match.lowerBound
            if done < start { body(.text(done..<start)) }
            body(.token(token.id))
            done = token.stripsRight ? spaceEnd(text, from: matchEnd) : matchEnd
        }
        if done < text.count { body(.text(done..<text.count)) }
    }

    private func touchesWord(_ text: Bytes, _ match: Range<Int>) -> Bool {
        if match.lowerBound > 0,
            text.scalar(at: text.startOfScalar(before: match.lowerBound)).scalar.isWord
        {
            return true
        }
        return match.upperBound < text.count && text.scalar(at: match.upperBound).scalar.isWord
    }

    private func spaceStart(_ text: Bytes, before end: Int) -> Int {
        text.part(0..<end).stripped(left: false, right: true).upperBound
    }

    private func spaceEnd(_ text: Bytes, from start: Int) -> Int {
        start + text.part(start..<text.count).stripped(left: true, right: false).lowerBound
    }

    private static func token(
        _ field: Field,
        _ vocabulary: Vocabulary,
        _ normalizer: Normalizer
    ) throws(TokenizerError) -> Token {
        let content = try field["content"].bytes()
        guard content.count <= Limits.addedTokenBytes else {
            throw field["content"].failure("is longer than \(Limits.addedTokenBytes) bytes")
        }
        let isSpecial = try field["special"].bool(default: false)
        let isNormalized = try field["normalized"].bool(default: !isSpecial)
        let id = try field["id"].tokenID()
        return Token(
            // A token that the model has too keeps the model's id.
            id: vocabulary.id(of: content) ?? id,
            content: content,
            text: isNormalized ? normalizer.apply(to: content) : content,
            isSpecial: isSpecial,
            stripsLeft: try field["lstrip"].bool(default: false),
            stripsRight: try field["rstrip"].bool(default: false),
            isSingleWord: try field["single_word"].bool(default: false),
            isNormalized: isNormalized
        )
    }
}
