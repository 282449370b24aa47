internal import JSON

/// What an option may be set to: how its text is read, how it looks in the file, and how both are described.
enum OptionKind: Hashable, Sendable {
    case flag
    case integer(ClosedRange<Int>)
    /// Several with commas between them.
    case integers(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// Bytes, with K, M, G or T for powers of 1,024.
    case size(ClosedRange<Int>)
    case text
    /// A name of a process: letters, digits, `.`, `_`, `-`.
    case name(maximumLength: Int)
    case choice([String])
    /// `NAME=VALUE`; in the file, members of an object.
    case pair
    case endpoint
    /// Several with commas between them.
    case endpoints
    case url
    /// A file of SQLite.
    case store
    /// An object that says what is volatile in prompts.
    case volatileRule

    /// In front of the path of a store, which begins with a slash.
    static let storeScheme = "sqlite://"

    /// Completes the sentence "--option must be …".
    var expectation: String {
        switch self {
        case .flag: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .integers(let range):
            "whole numbers from \(range.lowerBound) to \(range.upperBound), with commas between them"
        case .number(let range): "a number from \(short(range.lowerBound)) to \(short(range.upperBound))"
        case .size(let range): "a size from \(sizeText(range.lowerBound)) to \(sizeText(range.upperBound))"
        case .text: "a text that is not empty"
        case .name(let length): "1 to \(length) letters, digits, dots, dashes or underscores"
        case .choice(let words): alternatives(words)
        case .pair: "NAME=VALUE"
        case .endpoint: "ipc:///path or tcp://host:port"
        case .endpoints: "ipc:///path or tcp://host:port, or several of them with commas between them"
        case .url: "an address that begins with http:// or https://"
        case .store: "sqlite:///path/to/file"
        case .volatileRule: "a JSON object"
        }
    }

    /// Reads what stands on the command line or in the environment; nil if it is not what is expected.
    func read(_ text: String) -> OptionValue? {
        switch self {
        case .flag:
            switch text {
            case "true", "1", "yes": .flag(true)
            case "false", "0", "no": .flag(false)
            default: nil
            }
        case .integer(let range): Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .integers(let range): readIntegers(text, in: range)
        case .number(let range): Double(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .size(let range): readBytes(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .text: text.isEmpty ? nil : .text(text)
        case .name(let length): isName(text, maximumLength: length) ? .text(text) : nil
        case .choice(let words): words.contains(text) ? .text(text) : nil
        case .pair: readPair(text)
        case .endpoint: Endpoint(text).map { .endpoint($0) }
        case .endpoints: readEndpoints(text)
        case .url: isURL(text) ? .text(text) : nil
        case .store: isStore(text) ? .text(text) : nil
        case .volatileRule: (try? JSONValue(parsing: text)).flatMap { read($0) }
        }
    }

    /// Reads what stands in the file.
    func read(_ json: JSONValue) -> OptionValue? {
        switch (self, json) {
        case (.flag, .bool(let flag)): .flag(flag)
        case (.integer, .integer(let number)), (.size, .integer(let number)): read(String(number))
        case (.number, .integer), (.number, .number): json.numberValue.flatMap { read("\($0)") }
        case (.integers, .array(let items)):
            read(items.map { $0.integerValue.map(String.init) ?? "" }.joined(separator: ","))
        case (.volatileRule, .object(let object)): .object(object)
        case (.flag, _), (.integer, _), (.integers, _), (.number, _), (.volatileRule, _): nil
        case (_, .string(let text)): read(text)
        default: nil
        }
    }

    /// The JSON Schema of one value in the file.
    var schema: JSONValue {
        switch self {
        case .flag: ["type": "boolean"]
        case .integer(let range):
            [
                "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
                "maximum": .integer(Int64(range.upperBound)),
            ]
        case .integers(let range): ["type": "array", "items": OptionKind.integer(range).schema]
        case .number(let range):
            ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
        case .size(let range):
            [
                "anyOf": [
                    ["type": "string", "pattern": "^[0-9]+[KMGTkmgt]?$"], OptionKind.integer(range).schema,
                ]
            ]
        case .text, .pair: ["type": "string", "minLength": 1]
        case .name(let length): ["type": "string", "pattern": .string("^[A-Za-z0-9._-]{1,\(length)}$")]
        case .choice(let words): ["enum": .array(words.map { .string($0) })]
        case .endpoint, .endpoints: ["type": "string", "pattern": "^(ipc|tcp)://"]
        case .url: ["type": "string", "pattern": "^https?://"]
        case .store: ["type": "string", "pattern": "^sqlite:///."]
        case .volatileRule:
            [
                "type": "object", "required": ["name"], "additionalProperties": false,
                "properties": [
                    "name": ["type": "string", "minLength": 1],
                    "where": ["enum": ["system", "any"], "default": "system"],
                    "what": ["enum": ["head", "line", "text"], "default": "line"],
                    "pattern": ["type": "string"],
                    "replacement": ["type": "string", "default": ""],
                    "enabled": ["type": "boolean", "default": true],
                ],
            ]
        }
    }
}

/// `512M`, `2G`, plain bytes; nil for anything else and for what does not fit.
private func readBytes(_ text: String) -> Int? {
    guard let last = text.utf8.last else { return nil }
    let shift =
        switch last | 0x20 {
        case UInt8(ascii: "k"): 10
        case UInt8(ascii: "m"): 20
        case UInt8(ascii: "g"): 30
        case UInt8(ascii: "t"): 40
        default: 0
        }
    guard let count = Int(shift == 0 ? text : String(text.dropLast())), count >= 0 else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : bytes
}

/// Without `.0` behind a whole number.
private func short(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }

private func sizeText(_ bytes: Int) -> String {
    for (shift, unit) in [(40, "T"), (30, "G"), (20, "M"), (10, "K")]
    where bytes > 0 && bytes % (1 << shift) == 0 {
        return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
}

private func isName(_ text: String, maximumLength: Int) -> Bool {
    let allowed = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
        }
    }
    return allowed && (1...maximumLength).contains(text.utf8.count)
}

private func readIntegers(_ text: String, in range: ClosedRange<Int>) -> OptionValue? {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0) }.filter(range.contains)
    return numbers.count == words.count ? .integers(numbers) : nil
}

private func readEndpoints(_ text: String) -> OptionValue? {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let endpoints = words.compactMap { Endpoint(String($0)) }
    let areAllDifferent = Set(endpoints).count == words.count
    return endpoints.count == words.count && areAllDifferent ? .endpoints(endpoints) : nil
}

private func readPair(_ text: String) -> OptionValue? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let name = String(text[..<equals])
    let value = String(text[text.index(after: equals)...])
    return name.isEmpty || value.isEmpty ? nil : .pair(name: name, value: value)
}

private func isURL(_ text: String) -> Bool {
    ["http://", "https://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
        && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
}

private func isStore(_ text: String) -> Bool {
    text.hasPrefix(OptionKind.storeScheme + "/") && !text.hasSuffix("/") && !text.utf8.contains(0)
}

/// `a, b or c`.
func alternatives(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}
