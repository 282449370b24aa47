/// A sign in a model's output that is not part of what it says: `<think>`, `[TOOL_CALLS]`.
///
/// Made of parts, because one sign may be a special token followed by plain text. Whether a part is a special
/// token depends on the vocabulary, so that is only known once a grammar is made for a model.
public struct Marker: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    var parts: [String]

    public init(stringLiteral value: String) { parts = [value] }
    public init(arrayLiteral elements: String...) { parts = elements }

    /// The bytes to look for where `specials` are special tokens.
    func bytes(specials: Set<String>) -> [UInt8] {
        parts.flatMap { specials.contains($0) ? SpecialToken.bytes($0) : Array($0.utf8) }
    }

    /// The marker with a word in front of it.
    func behind(_ word: String) -> Marker {
        var marker = self
        marker.parts.insert(word, at: 0)
        return marker
    }

    /// As the model would write it.
    var text: String { parts.joined() }
}

/// How a special token stands in a stream of bytes: between two bytes that no UTF-8 holds.
///
/// So a marker that is a special token is found where the model said that token, and never in a text that
/// only spells it; and everything else needs to know one kind of thing, bytes.
enum SpecialToken {
    static let begin: UInt8 = 0xFF
    static let end: UInt8 = 0xFE

    static func bytes(_ spelling: String) -> [UInt8] { [begin] + Array(spelling.utf8) + [end] }

    /// The bytes as a person would read them, special tokens spelled out.
    static func spelled(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.filter { $0 != begin && $0 != end }
    }
}

extension UInt8 {
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
    /// May stand in the name of a function or a parameter.
    var isWord: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }
}
