internal import JSON

/// The steps that make a text uniform before it is cut into words.
struct Normalizer: Sendable {
    enum Step: Sendable {
        case unicode(UnicodeForm)
        case lowercase
        case replace(Pattern, with: [UInt8])
        case prepend([UInt8])
        case strip(left: Bool, right: Bool)
        /// Takes characters away, and puts others in the place of those that stay.
        case map(CharacterFilter)
        case spaceIdeographs
        case characterMap(CharacterMap)
        case byteAlphabet
        case sentencePiece(SentencePieceNormalizer)
        case ggufSpaces(GGUFSpaces)
    }

    private(set) var steps: [Step] = []

    init(steps: [Step]) { self.steps = steps }

    init(_ field: Field) throws(TokenizerError) {
        for part in try field.unfolded("normalizers") { steps += try Self.steps(part) }
    }

    /// Calls `body` once with the normalized text, which is the text itself where nothing changes, and
    /// whether it still starts with what `text` starts with.
    func apply(
        to text: Bytes,
        isFirst: Bool,
        _ memory: MatchMemory,
        _ body: (Bytes, _ keepsStart: Bool) -> Void
    ) {
        apply(from: 0, to: Piece(text: text, isFirst: isFirst, keepsStart: true), memory, body)
    }

    func apply(to text: [UInt8]) -> [UInt8] {
        var result = text
        text.withUnsafeBufferPointer { bytes in
            apply(to: bytes, isFirst: true, MatchMemory()) { normalized, _ in result = Array(normalized) }
        }
        return result
    }

    private struct Piece {
        var text: Bytes
        /// Whether the whole text starts here.
        var isFirst: Bool
        var keepsStart: Bool
    }

    private func apply(
        from index: Int,
        to piece: Piece,
        _ memory: MatchMemory,
        _ body: (Bytes, Bool) -> Void
    ) {
        guard index < steps.count else { return body(piece.text, piece.keepsStart) }
        var next = piece
        if case .strip(let left, let right) = steps[index] {
            let rest = piece.text.stripped(left: left, right: right)
            next.text = piece.text.part(rest)
            next.keepsStart = piece.keepsStart && rest.lowerBound == 0
            return apply(from: index + 1, to: next, memory, body)
        }
        guard let changed = Self.changed(piece, by: steps[index], memory) else {
            return apply(from: index + 1, to: piece, memory, body)
        }
        next.keepsStart = piece.keepsStart && changed.keepsStart
        changed.text.withUnsafeBufferPointer {
            next.text = $0
            apply(from: index + 1, to: next, memory, body)
        }
    }

    private struct Changed {
        var text: [UInt8]
        var keepsStart = true
    }

    /// nil when the step leaves the text as it is.
    private static func changed(_ piece: Piece, by step: Step, _ memory: MatchMemory) -> Changed? {
        let text = piece.text
        switch step {
        case .unicode(let form): return form.apply(to: text).map { Changed(text: $0) }
        case .lowercase: return text.lowercased.map { Changed(text: $0) }
        case .replace(let pattern, let replacement): return replaced(text, pattern, replacement, memory)
        case .prepend(let prefix): return text.isEmpty ? nil : Changed(text: prefix + text)
        case .map(let filter):
            return filter.apply(to: text).map { Changed(text: $0.text, keepsStart: $0.keepsStart) }
        case .spaceIdeographs: return text.withSpacedIdeographs.map { Changed(text: $0) }
        case .characterMap(let map): return map.replacingGraphemes(in: text).map { Changed(text: $0) }
        case .byteAlphabet:
            var buffer: [UInt8] = []
            ByteAlphabet.append(text, to: &buffer)
            return Changed(text: buffer)
        case .sentencePiece(let normalizer):
            return Changed(text: normalizer.apply(to: text, isFirst: piece.isFirst))
        case .ggufSpaces(let spaces): return Changed(text: spaces.apply(to: text))
        case .strip: return nil
        }
    }

    /// A replacement that swallows more than the first character does not start where the text starts.
    private static func replaced(
        _ text: Bytes,
        _ pattern: Pattern,
        _ replacement: [UInt8],
        _ memory: MatchMemory
    ) -> Changed? {
        var first: Range<Int>?
        guard
            let result = pattern.replacing(
                in: text,
                with: replacement,
                memory,
                onMatch: { first = first ?? $0 }
            )
        else { return nil }
        var keepsStart = true
        if let first, first.lowerBound == 0, !first.isEmpty {
            keepsStart = !replacement.isEmpty && text.scalar(at: 0).byteCount == first.upperBound
        }
        return Changed(text: result, keepsStart: keepsStart)
    }

    // MARK: - Reading

    private static let known = [
        "BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Precompiled",
        "Prepend", "Replace", "Sequence", "Strip", "StripAccents",
    ]

    private static func steps(_ field: Field) throws(TokenizerError) -> [Step] {
        let type = try field["type"].string()
        if let form = UnicodeForm(rawValue: type) { return [.unicode(form)] }
        switch type {
        case "Lowercase": return [.lowercase]
        case "Replace":
            return [.replace(try Pattern(field["pattern"]), with: try field["content"].bytes())]
        case "Prepend": return [.prepend(try field["prepend"].bytes())]
        case "Strip":
            return [
                .strip(
                    left: try field["strip_left"].bool(default: true),
                    right: try field["strip_right"].bool(default: true)
                )
            ]
        case "StripAccents": return [.map(.allMarks)]
        case "Nmt": return [.map(.translation)]
        case "ByteLevel": return [.byteAlphabet]
        case "BertNormalizer", "Bert": return try bertSteps(field)
        case "Precompiled":
            let map = field["precompiled_charsmap"]
            guard let bytes = base64Decoded(try map.bytes()) else { throw map.failure("must be base 64") }
            return bytes.isEmpty ? [] : [.characterMap(try CharacterMap(bytes, path: map.path))]
        default: throw field["type"].unknown(type, known)
        }
    }

    private static func bertSteps(_ field: Field) throws(TokenizerError) -> [Step] {
        let lowers = try field["lowercase"].bool(default: true)
        var steps: [Step] = []
        if try field["clean_text"].bool(default: true) { steps.append(.map(.cleaning)) }
        if try field["handle_chinese_chars"].bool(default: true) { steps.append(.spaceIdeographs) }
        if try field["strip_accents"].bool(default: lowers) {
            steps += [.unicode(.nfd), .map(.nonspacingMarks)]
        }
        if lowers { steps.append(.lowercase) }
        return steps
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// What remains when white space is taken from the ends.
    func stripped(left: Bool, right: Bool) -> Range<Int> {
        var start = 0
        var end = count
        while left, start < end, case let (scalar, byteCount) = scalar(at: start), scalar.isWhiteSpace {
            start += byteCount
        }
        while right, end > start, case let last = startOfScalar(before: end),
            scalar(at: last).scalar.isWhiteSpace
        {
            end = last
        }
        return start..<end
    }

    /// Character by character, without looking at neighbours (no final sigma); nil when nothing changes.
    var lowercased: [UInt8]? {
        guard contains(where: { $0 >= 0x80 || (0x41...0x5A).contains($0) }) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var place = 0
        while place < count {
            let byte = self[place]
            if byte < 0x80 {
                result.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
                place += 1
                continue
            }
            let (scalar, byteCount) = scalar(at: place)
            if scalar.hasCase {
                result.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
            } else {
                result.append(contentsOf: part(place..<place + byteCount))
            }
            place += byteCount
        }
        return result
    }
}
