internal import JSON

/// How the texts of tokens become one text again.
///
/// Made of three layers, so that a stream needs no more memory than its held-back bytes: steps that rewrite
/// one token and are done ahead of time, the way in which tokens are joined, and a strip at the ends of the
/// whole.
struct Decoder: Sendable {
    enum Joining: Sendable {
        /// Token texts are UTF-8 and are put one behind the other.
        case text
        /// Token texts are bytes; what is not UTF-8 becomes U+FFFD, one for each maximal part of a character.
        case bytes
        /// Runs of `<0x…>` tokens are bytes: UTF-8 as a whole, or else one U+FFFD for each.
        case byteFallback
    }

    struct EndStrip: Sendable {
        var scalar: Unicode.Scalar
        var startCount: Int
        var endCount: Int
    }

    private enum Step: Sendable {
        case replace(Pattern, with: [UInt8])
        case strip(EndStrip)
        case byteAlphabet
        /// Fillers become spaces; those of the first token vanish.
        case metaspace(Unicode.Scalar, dropsFirst: Bool)
    }

    private(set) var joining = Joining.text
    private(set) var strip: EndStrip?
    /// Goes between two tokens.
    private(set) var separator = ""
    private var steps: [Step] = []
    private var isFused = false

    init(_ field: Field) throws(TokenizerError) {
        let parts = try field.unfolded("decoders")
        if field.isNull { separator = " " }
        for part in parts { try add(part) }
    }

    /// Whether the first token of a text is written otherwise than later ones.
    var treatsFirstSpecially: Bool {
        steps.contains { if case .metaspace(_, true) = $0 { true } else { false } }
    }

    /// The bytes that one token adds.
    func bytes(of token: [UInt8], isFirst: Bool, _ memory: MatchMemory) -> [UInt8] {
        var bytes = token
        for step in steps {
            switch step {
            case .replace(let pattern, let replacement):
                bytes =
                    bytes.withUnsafeBufferPointer { pattern.replacing(in: $0, with: replacement, memory) }
                    ?? bytes
            case .strip(let strip): bytes = Self.stripped(bytes, strip)
            case .byteAlphabet: bytes = ByteAlphabet.decode(bytes)
            case .metaspace(let filler, let dropsFirst):
                let pattern = Pattern.text([UInt8](String(filler).utf8))
                let space = isFirst && dropsFirst ? [] : [UInt8(ascii: " ")]
                bytes =
                    bytes.withUnsafeBufferPointer { pattern.replacing(in: $0, with: space, memory) } ?? bytes
            }
        }
        return bytes
    }

    private static func stripped(_ bytes: [UInt8], _ strip: EndStrip) -> [UInt8] {
        let unit = [UInt8](String(strip.scalar).utf8)
        var rest = bytes[...]
        for _ in 0..<strip.startCount where rest.starts(with: unit) { rest.removeFirst(unit.count) }
        for _ in 0..<strip.endCount where rest.suffix(unit.count).elementsEqual(unit) {
            rest.removeLast(unit.count)
        }
        return Array(rest)
    }

    private mutating func add(_ field: Field) throws(TokenizerError) {
        let type = try field["type"].string()
        switch type {
        case "Fuse": isFused = true
        case "Strip" where isFused:
            guard strip == nil else { throw field.failure("strips a second time") }
            strip = try Self.strip(field)
        case "ByteLevel", "ByteFallback", "Strip", "Replace", "Metaspace":
            guard !isFused, case .text = joining else {
                throw field.failure("(\(type)) stands behind a step that it cannot follow")
            }
            try addTokenStep(type, field)
        default: throw field["type"].failure("is \"\(type)\", a decoder that is not supported")
        }
    }

    private mutating func addTokenStep(_ type: String, _ field: Field) throws(TokenizerError) {
        switch type {
        case "ByteLevel":
            steps.append(.byteAlphabet)
            joining = .bytes
            isFused = true
        case "ByteFallback": joining = .byteFallback
        case "Strip": steps.append(.strip(try Self.strip(field)))
        case "Replace":
            steps.append(.replace(try Pattern(field["pattern"]), with: try field["content"].bytes()))
        default:
            let scheme = field["prepend_scheme"].value.stringValue
            let addsSpace = try field["add_prefix_space"].bool(default: true)
            let dropsFirst = scheme.map { $0 != "never" } ?? addsSpace
            steps.append(.metaspace(try field["replacement"].scalar(), dropsFirst: dropsFirst))
        }
    }

    private static func strip(_ field: Field) throws(TokenizerError) -> EndStrip {
        EndStrip(
            scalar: try field["content"].scalar(),
            startCount: min(try field["start"].count(), Limits.strippedCharacters),
            endCount: min(try field["stop"].count(), Limits.strippedCharacters)
        )
    }
}
