/// Rewrites a pattern in Oniguruma's syntax so that PCRE2 finds the same matches.
///
/// | Oniguruma | PCRE2 as is | written as |
/// |---|---|---|
/// | `\s` is White_Space | also U+180E | `\p{White_Space}` |
/// | `\w` is Alphabetic, M, Nd, Pc | L, N and `_` | the four properties |
/// | `\p{Han}` is the script | the script extensions | `\p{sc:Han}` |
/// | `x{1,3}+` repeats the group | possessive | `(?:x{1,3})+` |
/// | `[a&&[^b]]`, `[a[b]]` | other meanings | look-ahead, union |
/// | `\uHHHH`, `\h` | other meanings | `\x{HHHH}`, hexadecimal digits |
struct OnigurumaPattern {
    private let pattern: [UInt8]
    private var place = 0
    private var output: [UInt8] = []
    /// Where in `output` the atom starts that a quantifier would repeat.
    private var atomStart = 0
    private var groupStarts: [Int] = []

    static let space = #"\p{White_Space}"#
    static let word = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"#
    /// Outside of a set the fractions and raised digits of Latin-1 are letters too.
    private static let loneWord = word + #"\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}"#
    static let hexDigits = "0-9A-Fa-f"
    private static let openBrace: UInt8 = 0x7B
    private static let closeBrace: UInt8 = 0x7D

    static func translate(_ pattern: [UInt8]) throws(TokenizerError) -> [UInt8] {
        var translation = OnigurumaPattern(pattern: pattern)
        while let byte = translation.next { try translation.step(byte) }
        return translation.output
    }

    private init(pattern: [UInt8]) { self.pattern = pattern }

    private var next: UInt8? { place < pattern.count ? pattern[place] : nil }

    private func peek(_ offset: Int) -> UInt8? {
        place + offset < pattern.count ? pattern[place + offset] : nil
    }

    private mutating func step(_ byte: UInt8) throws(TokenizerError) {
        switch byte {
        case UInt8(ascii: "("):
            groupStarts.append(output.count)
            atomStart = output.count
            take(1)
        case UInt8(ascii: ")"):
            take(1)
            atomStart = groupStarts.popLast() ?? 0
        case UInt8(ascii: "["):
            atomStart = output.count
            place += 1
            var characters = CharacterClass(pattern: pattern, place: place)
            output += try characters.read(depth: 0).atom
            place = characters.place
        case Self.openBrace:
            takeInterval()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "|"):
            take(1)
        case UInt8(ascii: "\\"):
            atomStart = output.count
            output += try takeEscape()
        default:
            atomStart = output.count
            take(1)
            while let trail = next, trail & 0xC0 == 0x80 { take(1) }
        }
    }

    private mutating func take(_ count: Int) {
        output += pattern[place..<min(place + count, pattern.count)]
        place += count
    }

    /// An interval such as `{1,3}`; a `+` behind it repeats, and does not make it possessive.
    private mutating func takeInterval() {
        var length = 1
        while let byte = peek(length),
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ",")
        {
            length += 1
        }
        guard length > 1, peek(length) == Self.closeBrace else {
            atomStart = output.count
            output += [UInt8(ascii: "\\"), Self.openBrace]
            place += 1
            return
        }
        take(length + 1)
        if next == UInt8(ascii: "+") {
            output.insert(contentsOf: Array("(?:".utf8), at: atomStart)
            output += Array(")".utf8)
        }
    }

    private mutating func takeEscape() throws(TokenizerError) -> [UInt8] {
        switch peek(1) {
        case UInt8(ascii: "w"): return replacing(2, "[\(Self.loneWord)]")
        case UInt8(ascii: "W"): return replacing(2, "[^\(Self.loneWord)]")
        case UInt8(ascii: "h"): return replacing(2, "[\(Self.hexDigits)]")
        case UInt8(ascii: "H"): return replacing(2, "[^\(Self.hexDigits)]")
        case UInt8(ascii: "b"): return replacing(2, Self.boundary(isOne: true))
        case UInt8(ascii: "B"): return replacing(2, Self.boundary(isOne: false))
        default:
            var characters = CharacterClass(pattern: pattern, place: place)
            defer { place = characters.place }
            return try characters.readEscape()
        }
    }

    /// A place where a word starts or ends, or one where none does.
    private static func boundary(isOne: Bool) -> String {
        let word = "[\(loneWord)]"
        let (inside, outside) = isOne ? ("(?!\(word))", "(?=\(word))") : ("(?=\(word))", "(?!\(word))")
        return "(?:(?<=\(word))\(inside)|(?<!\(word))\(outside))"
    }

    private mutating func replacing(_ count: Int, _ text: String) -> [UInt8] {
        place += count
        return Array(text.utf8)
    }
}
