/// The tokens that stand outside the model: they are found in the text before anything else looks at it.
struct AddedTokens: Sendable {
    struct Token: Sendable, Equatable {
        var id: UInt32
        var content: [UInt8]
        /// What is looked for and what it decodes to: the content, normalized where the token is.
        var text: [UInt8]
        var isSpecial: Bool
        /// Swallows the white space in front of it.
        var stripsLeft = false
        /// Swallows the white space behind it.
        var stripsRight = false
        /// Matches only where no letter or digit touches it.
        var isSingleWord = false
        /// Is looked for in the normalized text, and is itself normalized.
        var isNormalized = false
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

    /// Which of several tokens that overlap is taken.
    enum Preference {
        /// The leftmost, and of those the longest.
        case leftmost
        /// The longest anywhere in the text; only ASCII counts as white space.
        case longest
    }

    let tokens: [Token]
    private let preference: Preference
    private(set) var specialIDs: Set<UInt32> = []
    /// The special tokens that are left out where special tokens are: not those that are written otherwise in
    /// the normalized text, which the reference fails to recognise.
    private(set) var skippedIDs: Set<UInt32> = []
    private var ids: [[UInt8]: UInt32] = [:]
    private var raw = ByteTrie()
    private var normalized = ByteTrie()

    init(_ tokens: [Token], _ preference: Preference) {
        self.tokens = tokens
        self.preference = preference
        for (index, token) in tokens.enumerated() {
            if ids[token.content] == nil { ids[token.content] = token.id }
            if token.isSpecial {
                specialIDs.insert(token.id)
                if token.text == token.content { skippedIDs.insert(token.id) }
            }
            guard !token.text.isEmpty else { continue }
            if token.isNormalized {
                normalized.insert(token.text, value: index)
            } else {
                raw.insert(token.text, value: index)
            }
        }
    }

    func id(of content: [UInt8]) -> UInt32? { ids[content] }

    /// Cuts `text` at the tokens in it.
    func split(_ text: Bytes, _ stage: Stage, parsesSpecial: Bool, _ body: (Piece) -> Void) {
        switch (preference, stage) {
        case (.leftmost, .raw): splitLeftmost(text, raw, parsesSpecial, body)
        case (.leftmost, .normalized): splitLeftmost(text, normalized, parsesSpecial, body)
        case (.longest, .raw): splitLongest(text, parsesSpecial, body)
        case (.longest, .normalized): if !text.isEmpty { body(.text(0..<text.count)) }
        }
    }

    private func splitLeftmost(
        _ text: Bytes,
        _ trie: ByteTrie,
        _ parsesSpecial: Bool,
        _ body: (Piece) -> Void
    ) {
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
            let end = token.stripsRight ? spaceEnd(text, from: matchEnd) : matchEnd
            // Of a token of white space the one before may have left nothing.
            guard start < end else { continue }
            if done < start { body(.text(done..<start)) }
            body(.token(token.id))
            done = end
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
}

/// The longest tokens first, wherever they stand.
extension AddedTokens {
    private struct Match {
        var token: Int
        var range: Range<Int>
    }

    private func splitLongest(_ text: Bytes, _ parsesSpecial: Bool, _ body: (Piece) -> Void) {
        var done = 0
        for match in longestMatches(text, parsesSpecial) {
            if done < match.range.lowerBound { body(.text(done..<match.range.lowerBound)) }
            body(.token(tokens[match.token].id))
            done = match.range.upperBound
        }
        if done < text.count { body(.text(done..<text.count)) }
    }

    /// The matches that are taken, left to right, with the white space that they swallow.
    private func longestMatches(_ text: Bytes, _ parsesSpecial: Bool) -> [Match] {
        var matches = allMatches(text, parsesSpecial)
        guard !matches.isEmpty else { return [] }
        matches.sort { left, right in
            if left.range.count != right.range.count { return left.range.count > right.range.count }
            return left.token != right.token
                ? left.token < right.token : left.range.lowerBound < right.range.lowerBound
        }
        var isTaken = Array(repeating: false, count: text.count)
        var taken: [Match] = []
        for match in matches where !isTaken[match.range].contains(true) {
            var range = match.range
            while tokens[match.token].stripsLeft, let place = isTaken[..<range.lowerBound].indices.last,
                !isTaken[place], text[place].isASCIISpace
            {
                range = place..<range.upperBound
            }
            while tokens[match.token].stripsRight, range.upperBound < text.count, !isTaken[range.upperBound],
                text[range.upperBound].isASCIISpace
            {
                range = range.lowerBound..<range.upperBound + 1
            }
            for place in range { isTaken[place] = true }
            taken.append(Match(token: match.token, range: range))
        }
        return taken.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    private func allMatches(_ text: Bytes, _ parsesSpecial: Bool) -> [Match] {
        var matches: [Match] = []
        guard !raw.isEmpty else { return [] }
        for start in text.indices {
            var node = ByteTrie.root
            var end = start
            while end < text.count {
                node = raw.child(of: node, text[end])
                guard node >= 0 else { break }
                end += 1
                let index = raw.value(at: node)
                if index >= 0, parsesSpecial || !tokens[index].isSpecial {
                    matches.append(Match(token: index, range: start..<end))
                }
            }
        }
        return matches
    }
}

extension UInt8 {
    fileprivate var isASCIISpace: Bool { self == 0x20 || (9...13).contains(self) }
}
