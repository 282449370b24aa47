/// How the texts of tokens become one text again.
///
/// Nearly every file fits three layers, so that a stream needs no more memory than its held-back bytes: steps
/// that rewrite one token and are done ahead of time, the way in which tokens are joined, and a strip at the
/// ends of the whole. What does not fit goes through a `DecodeChain`, stage by stage.
struct Decoder: Sendable {
    enum Joining: Sendable {
        /// Token texts are UTF-8 and are put one behind the other.
        case text
        /// Token texts are bytes; what is not UTF-8 becomes U+FFFD, one for each maximal part of a character.
        case bytes
        /// Runs of `<0x…>` tokens are bytes: UTF-8 as a whole, or else one U+FFFD for each.
        case byteFallback
        /// Runs of `<0x…>` tokens are bytes: whole characters, and one U+FFFD for every other byte.
        case bytePieces
    }

    /// How long a text is still at its start, where some tokens are written otherwise.
    enum Start: Sendable {
        case firstToken
        /// Until there is text.
        case text
        /// Until there is text, or a token was written otherwise.
        case textOrChange
    }

    struct EndStrip: Sendable {
        var scalar: Unicode.Scalar
        var startCount: Int
        var endCount: Int
    }

    var joining = Joining.text
    var start = Start.firstToken
    var strip: EndStrip?
    /// Goes between two tokens.
    var separator = ""
    var steps: [TokenStep] = []
    /// What everything goes through instead where it is not empty.
    var chain: [DecodeChain.Stage] = []

    /// Whether the first token of a text is written otherwise than later ones.
    var treatsFirstSpecially: Bool { steps.contains(where: \.treatsFirstSpecially) || start != .firstToken }

    /// The bytes that one token adds.
    func bytes(of token: [UInt8], isFirst: Bool, _ memory: MatchMemory) -> [UInt8] {
        steps.reduce(token) { $1.apply(to: $0, isFirst: isFirst, memory) }
    }
}

/// What a decoder does with one token at a time.
enum TokenStep: Sendable {
    case replace(Pattern, with: [UInt8])
    case strip(Decoder.EndStrip)
    case byteAlphabet
    /// Fillers become spaces; those of the first token vanish.
    case metaspace(Unicode.Scalar, dropsFirst: Bool)
    /// A token without the prefix of a continuation starts a word.
    case wordPiece(prefix: [UInt8], cleansUp: Bool)

    var treatsFirstSpecially: Bool {
        switch self {
        case .metaspace(_, let dropsFirst): dropsFirst
        case .wordPiece: true
        default: false
        }
    }

    func apply(to token: [UInt8], isFirst: Bool, _ memory: MatchMemory) -> [UInt8] {
        switch self {
        case .replace(let pattern, let replacement):
            return token.withUnsafeBufferPointer { pattern.replacing(in: $0, with: replacement, memory) }
                ?? token
        case .strip(let strip): return Self.stripped(token, strip)
        case .byteAlphabet: return ByteAlphabet.decode(token)
        case .metaspace(let filler, let dropsFirst):
            return token.replacing([UInt8](String(filler).utf8), with: isFirst && dropsFirst ? [] : [0x20])
        case .wordPiece(let prefix, let cleansUp):
            var text = token
            if !isFirst {
                text =
                    token.starts(with: prefix)
                    ? Array(token.dropFirst(prefix.count)) : [UInt8(ascii: " ")] + token
            }
            return cleansUp ? text.cleanedUp : text
        }
    }

    private static func stripped(_ bytes: [UInt8], _ strip: Decoder.EndStrip) -> [UInt8] {
        let unit = [UInt8](String(strip.scalar).utf8)
        var rest = bytes[...]
        for _ in 0..<strip.startCount where rest.starts(with: unit) { rest.removeFirst(unit.count) }
        for _ in 0..<strip.endCount where rest.suffix(unit.count).elementsEqual(unit) {
            rest.removeLast(unit.count)
        }
        return Array(rest)
    }
}

extension [UInt8] {
    func replacing(_ wanted: [UInt8], with replacement: [UInt8]) -> [UInt8] {
        guard let first = wanted.first, contains(first) else { return self }
        var result: [UInt8] = []
        var place = 0
        while place < count {
            if self[place] == first, self[place...].starts(with: wanted) {
                result += replacement
                place += wanted.count
            } else {
                result.append(self[place])
                place += 1
            }
        }
        return result
    }

    /// Without the spaces in front of punctuation and of English endings, as BERT's tokenizers write text.
    var cleanedUp: [UInt8] {
        let rules = [
            (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
            (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
        ]
        guard contains(0x20) else { return self }
        return rules.reduce(self) { $0.replacing(Array($1.0.utf8), with: Array($1.1.utf8)) }
    }
}
