internal import JSON

/// One value between tags, becoming JSON: at once where it is a string, when it is whole where the schema
/// wants anything else.
struct ParameterValue: Sendable {
    private static let wholeBytes = 64 << 10

    private let kinds: Set<JSONKind>
    private let hasLines: Bool
    /// Written as a string while it comes.
    private var isText: Bool
    private var isAtStart = true
    /// A line break that may be the last one.
    private var heldBreak = false
    /// What is not written yet.
    private var text: [UInt8] = []

    init(_ kinds: Set<JSONKind>, hasLines: Bool, into json: inout [UInt8]) {
        self.kinds = kinds
        self.hasLines = hasLines
        isText = kinds.isEmpty || kinds == [.string]
        if isText { json.append(UInt8(ascii: "\"")) }
    }

    mutating func read(_ byte: UInt8, into json: inout [UInt8]) {
        let isBreak = byte == UInt8(ascii: "\n")
        if hasLines, isAtStart, isBreak {
            isAtStart = false
            return
        }
        isAtStart = false
        if heldBreak { write(UInt8(ascii: "\n"), into: &json) }
        heldBreak = hasLines && isBreak
        if !heldBreak { write(byte, into: &json) }
    }

    mutating func finish(into json: inout [UInt8]) {
        if isText { json.append(UInt8(ascii: "\"")) } else { json += whole }
    }

    private mutating func write(_ byte: UInt8, into json: inout [UInt8]) {
        guard !isText else { return JSONText.append(byte, to: &json) }
        text.append(byte)
        guard text.count > Self.wholeBytes else { return }
        // Nobody should wait for more than that to be whole.
        isText = true
        json.append(UInt8(ascii: "\""))
        for byte in text { JSONText.append(byte, to: &json) }
        text = []
    }

    /// The value as the schema wants it; a string if it is none of what that allows.
    private var whole: [UInt8] {
        let written = String(decoding: SpecialToken.spelled(text), as: UTF8.self)
        let words = ["True": "true", "False": "false", "None": "null"]
        let trimmed = String(written.drop(while: \.isWhitespace))
        if let value = try? JSONValue(parsing: words[trimmed] ?? written) {
            if JSONKind(of: value).isAllowed(by: kinds), value.stringValue == nil { return value.serialized }
        } else if let value = container(trimmed) {
            return value
        }
        var json: [UInt8] = []
        JSONText.append(quoting: SpecialToken.spelled(text), to: &json)
        return json
    }

    /// An object or a list that is JSON to all but the strictest, such as one with a name twice.
    private func container(_ text: String) -> [UInt8]? {
        let kind: JSONKind? =
            text.utf8.first == UInt8(ascii: "{")
            ? .object : text.utf8.first == UInt8(ascii: "[") ? .array : nil
        guard let kind, kind.isAllowed(by: kinds) else { return nil }
        var reader = ValueReader(.json)
        var json: [UInt8] = []
        var hasEnded = false
        for byte in text.utf8 {
            if hasEnded {
                guard byte.isSpace else { return nil }
                continue
            }
            switch reader.read(byte, into: &json) {
            case .more: break
            case .ended: hasEnded = true
            case .passed, .invalid: return nil
            }
        }
        return hasEnded ? json : nil
    }
}
