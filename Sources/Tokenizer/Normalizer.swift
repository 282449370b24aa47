internal import JSON

/// The steps that make a text uniform before it is cut into words.
struct Normalizer: Sendable {
    private enum Step: Sendable {
        case unicode(UnicodeForm)
        case lowercase
        case replace(Pattern, with: [UInt8])
        case prepend([UInt8])
        case strip(left: Bool, right: Bool)
    }

    private var steps: [Step] = []

    init(_ field: Field) throws(TokenizerError) {
        for part in try field.unfolded("normalizers") {
            if let step = try Self.step(part) { steps.append(step) }
        }
    }

    var isEmpty: Bool { steps.isEmpty }

    /// Calls `body` once with the normalized text, which is the text itself where nothing changes.
    func apply(to text: Bytes, _ memory: MatchMemory, _ body: (Bytes) -> Void) {
        apply(from: 0, to: text, memory, body)
    }

    func apply(to text: [UInt8]) -> [UInt8] {
        var result = text
        text.withUnsafeBufferPointer { apply(to: $0, MatchMemory()) { result = Array($0) } }
        return result
    }

    private func apply(from index: Int, to text: Bytes, _ memory: MatchMemory, _ body: (Bytes) -> Void) {
        guard index < steps.count else { return body(text) }
        if case .strip(let left, let right) = steps[index] {
            return apply(
                from: index + 1,
                to: text.part(text.stripped(left: left, right: right)),
                memory,
                body
            )
        }
        guard let changed = Self.changed(text, by: steps[index], memory) else {
            return apply(from: index + 1, to: text, memory, body)
        }
        changed.withUnsafeBufferPointer { apply(from: index + 1, to: $0, memory, body) }
    }

    /// nil when the step leaves the text as it is.
    private static func changed(_ text: Bytes, by step: Step, _ memory: MatchMemory) -> [UInt8]? {
        switch step {
        case .unicode(let form): return form.apply(to: text)
        case .lowercase: return lowercased(text)
        case .replace(let pattern, let replacement):
            return pattern.replacing(in: text, with: replacement, memory)
        case .prepend(let prefix): return text.isEmpty ? nil : prefix + text
        case .strip: return nil
        }
    }

    /// Character by character, without looking at neighbours (no final sigma).
    private static func lowercased(_ text: Bytes) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var place = 0
        while place < text.count {
            let (scalar, byteCount) = text.scalar(at: place)
            place += byteCount
            if scalar.isASCII {
                let byte = UInt8(scalar.value)
                result.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
            } else {
                result.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
            }
        }
        return result
    }

    private static func step(_ field: Field) throws(TokenizerError) -> Step? {
        let type = try field["type"].string()
        if let form = UnicodeForm(rawValue: type) { return .unicode(form) }
        switch type {
        case "Lowercase": return .lowercase
        case "Replace":
            return .replace(try Pattern(field["pattern"]), with: try field["content"].bytes())
        case "Prepend": return .prepend(try field["prepend"].bytes())
        case "Strip":
            return .strip(
                left: try field["strip_left"].bool(default: true),
                right: try field["strip_right"].bool(default: true)
            )
        default: throw field["type"].failure("is \"\(type)\", a normalizer that is not supported")
        }
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
}
