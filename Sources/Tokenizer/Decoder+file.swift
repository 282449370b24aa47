internal import JSON

/// Reading and checking the steps of a decoder.
extension Decoder {
    private static let known = [
        "BPEDecoder", "ByteFallback", "ByteLevel", "CTC", "Fuse", "Metaspace", "Replace", "Sequence", "Strip",
        "WordPiece",
    ]

    init(_ field: Field) throws(TokenizerError) {
        let parts = try field.unfolded("decoders")
        if field.isNull { separator = " " }
        var stages: [DecodeChain.Stage] = []
        for part in parts { stages.append(try Self.stage(part)) }
        if !fit(stages) {
            self = Decoder()
            chain = stages
        }
    }

    /// False when the stages do not fit the three layers.
    private mutating func fit(_ stages: [DecodeChain.Stage]) -> Bool {
        var isFused = false
        for stage in stages {
            switch (stage, joining) {
            case (.fuse, _): isFused = true
            case (.token(.strip(let wanted)), _) where isFused:
                guard strip == nil else { return false }
                strip = wanted
            case (.token(let step), .text) where !isFused: steps.append(step)
            case (.byteAlphabet, .text) where !isFused:
                steps.append(.byteAlphabet)
                joining = .bytes
                isFused = true
            case (.byteFallback, .text) where !isFused: joining = .byteFallback
            default: return false
            }
        }
        // A first token that is written otherwise could be a byte where a later one is not.
        if case .byteFallback = joining { return !treatsFirstSpecially }
        return true
    }

    private static func stage(_ field: Field) throws(TokenizerError) -> DecodeChain.Stage {
        let type = try field["type"].string()
        switch type {
        case "Fuse": return .fuse
        case "ByteLevel": return .byteAlphabet
        case "ByteFallback": return .byteFallback
        case "Strip": return .token(.strip(try strip(field)))
        case "Replace":
            return .token(.replace(try Pattern(field["pattern"]), with: try field["content"].bytes()))
        case "Metaspace":
            let scheme = field["prepend_scheme"].value.stringValue
            let addsSpace = try field["add_prefix_space"].bool(default: true)
            let dropsFirst = scheme.map { $0 != "never" } ?? addsSpace
            return .token(.metaspace(try field["replacement"].scalar(), dropsFirst: dropsFirst))
        case "WordPiece":
            let prefix = field["prefix"]
            return .token(
                .wordPiece(
                    prefix: prefix.isNull ? Array("##".utf8) : try prefix.bytes(),
                    cleansUp: try field["cleanup"].bool(default: true)
                )
            )
        case "BPEDecoder":
            let suffix = field["suffix"]
            return .endOfWord(suffix.isNull ? Array("</w>".utf8) : try suffix.bytes())
        case "CTC":
            let pad = field["pad_token"]
            let delimiter = field["word_delimiter_token"]
            return .deduplicating(
                pad: pad.isNull ? Array("<pad>".utf8) : try pad.bytes(),
                delimiter: delimiter.isNull ? Array("|".utf8) : try delimiter.bytes(),
                cleansUp: try field["cleanup"].bool(default: true)
            )
        default: throw field["type"].unknown(type, known)
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
