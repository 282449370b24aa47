internal import JSON

/// What a step looks for: a regular expression, a fixed text, or single characters of a kind.
enum Pattern: Sendable {
    case regularExpression(RegularExpression)
    case text([UInt8])
    case scalars(@Sendable (Unicode.Scalar) -> Bool)
    /// Groups of three digits, counted from the right.
    case digitGroups(DigitGroups)

    /// Reads `{"Regex": …}`, `{"String": …}` or a bare string.
    init(_ field: Field) throws(TokenizerError) {
        if field.value.stringValue != nil {
            self = .text(try field.bytes())
        } else if !field["Regex"].isNull {
            let inner = field["Regex"]
            self = try Pattern(expression: inner.bytes(), path: inner.path)
        } else if !field["String"].isNull {
            self = .text(try field["String"].bytes())
        } else {
            throw field.failure("must have a \"Regex\" or a \"String\"")
        }
    }

    init(expression: [UInt8], path: String) throws(TokenizerError) {
        if let groups = DigitGroups(expression) {
            self = .digitGroups(groups)
        } else {
            self = .regularExpression(try RegularExpression(expression, path: path))
        }
    }

    /// Calls `body` with every match, left to right.
    func forEachMatch(in text: Bytes, _ memory: MatchMemory, _ body: (Range<Int>) -> Void) {
        switch self {
        case .regularExpression(let expression):
            expression.forEachMatch(in: text, memory, body)
        case .text(let wanted):
            guard let first = wanted.first else { return forEachBoundary(in: text, body) }
            var place = 0
            while place + wanted.count <= text.count {
                if text[place] == first, text.part(place..<text.count).hasPrefix(wanted) {
                    body(place..<place + wanted.count)
                    place += wanted.count
                } else {
                    place += 1
                }
            }
        case .digitGroups(let groups): groups.forEachMatch(in: text, body)
        case .scalars(let isMatch):
            var place = 0
            while place < text.count {
                let (scalar, byteCount) = text.scalar(at: place)
                if isMatch(scalar) { body(place..<place + byteCount) }
                place += byteCount
            }
        }
    }

    /// The empty text is found between all characters and at both ends.
    private func forEachBoundary(in text: Bytes, _ body: (Range<Int>) -> Void) {
        var place = 0
        while place < text.count {
            body(place..<place)
            place += text.scalar(at: place).byteCount
        }
        if !text.isEmpty { body(text.count..<text.count) }
    }

    /// Calls `body` with matches and what lies between them, in order; together they are the whole text.
    func forEachSegment(in text: Bytes, _ memory: MatchMemory, _ body: (Range<Int>, _ isMatch: Bool) -> Void)
    {
        var end = 0
        forEachMatch(in: text, memory) { match in
            if end < match.lowerBound { body(end..<match.lowerBound, false) }
            body(match, true)
            end = match.upperBound
        }
        if end < text.count { body(end..<text.count, false) }
    }

    /// `text` with every match replaced; nil when there is none.
    func replacing(
        in text: Bytes,
        with replacement: [UInt8],
        _ memory: MatchMemory,
        onMatch: (Range<Int>) -> Void = { _ in }
    ) -> [UInt8]? {
        var result: [UInt8]?
        var end = 0
        forEachMatch(in: text, memory) { match in
            onMatch(match)
            result = result ?? []
            result?.append(contentsOf: text.part(end..<match.lowerBound))
            result?.append(contentsOf: replacement)
            end = match.upperBound
        }
        result?.append(contentsOf: text.part(end..<text.count))
        return result
    }
}
