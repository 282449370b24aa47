internal import JSON

/// Reads a call that is one JSON object: `{"name": "f", "arguments": {…}}`, with its members in any order.
///
/// Families differ in the names of the members; some put both into an object of their own under `function`,
/// and some write the arguments as a string of JSON.
struct JSONCallReader: Sendable {
    private enum Role {
        case name
        case arguments
        case wrapper
        case other
    }

    private enum Place {
        case start
        case key(isFirst: Bool)
        case keyText(ValueReader, [UInt8])
        case colon(Role)
        /// `function` may be a name or an object.
        case wrapped
        case value(Role, ValueReader, [UInt8])
        case afterValue
    }

    /// Whether a first key that no call has shows that this is none: so an answer in JSON is not held back.
    private let isStrict: Bool
    private var place = Place.start
    private var depth = 0
    private var name: String?
    /// Arguments that came before the name.
    private var waiting: [UInt8]?
    private var hasBegun = false

    private static let roles: [String: Role] = [
        "name": .name, "tool_name": .name, "function": .wrapper,
        "arguments": .arguments, "parameters": .arguments, "args": .arguments,
    ]
    private static let harmlessKeys: Set<String> = ["id", "type", "tool_call_id"]
    private static let keyBytes = 128

    init(isStrict: Bool) { self.isStrict = isStrict }

    mutating func read(_ byte: UInt8, _ calls: inout CallRecorder) -> Reading {
        switch place {
        case .start:
            guard byte == UInt8(ascii: "{") else { return byte.isSpace ? .more : .invalid }
            place = .key(isFirst: true)
            return .more
        case .key(let isFirst):
            if byte.isSpace { return .more }
            if byte == UInt8(ascii: "}") { return close(&calls) }
            guard byte == UInt8(ascii: "\"") else { return .invalid }
            place = .keyText(ValueReader(.json), [])
            guard case .keyText(var reader, var text) = place else { return .invalid }
            _ = reader.read(byte, into: &text)
            place = .keyText(reader, text)
            isFirstKey = isFirst
            return .more
        case .keyText(var reader, var text):
            let outcome = reader.read(byte, into: &text)
            place = .keyText(reader, text)
            guard outcome == .ended else { return text.count > Self.keyBytes ? .invalid : .more }
            return endKey(text)
        case .colon(let role):
            if byte.isSpace { return .more }
            guard byte == UInt8(ascii: ":") else { return .invalid }
            place = role == .wrapper ? .wrapped : .value(role, ValueReader(.json), [])
            return .more
        case .wrapped:
            if byte.isSpace { return .more }
            guard byte == UInt8(ascii: "{") else {
                place = .value(.name, ValueReader(.json), [])
                return read(byte, &calls)
            }
            depth += 1
            place = .key(isFirst: false)
            return depth > 1 ? .invalid : .more
        case .value(let role, var reader, var text):
            return readValue(byte, role, &reader, &text, &calls)
        case .afterValue:
            if byte.isSpace { return .more }
            if byte == UInt8(ascii: "}") { return close(&calls) }
            guard byte == UInt8(ascii: ",") else { return .invalid }
            place = .key(isFirst: false)
            return .more
        }
    }

    private var isFirstKey = true

    private mutating func endKey(_ text: [UInt8]) -> Reading {
        guard let key = Self.decoded(text) else { return .invalid }
        let role = Self.roles[key] ?? .other
        if isStrict, isFirstKey, role == .other, !Self.harmlessKeys.contains(key) { return .invalid }
        place = .colon(role == .arguments && (hasBegun || waiting != nil) ? .other : role)
        return .more
    }

    private mutating func readValue(
        _ byte: UInt8,
        _ role: Role,
        _ reader: inout ValueReader,
        _ text: inout [UInt8],
        _ calls: inout CallRecorder
    ) -> Reading {
        let outcome = reader.read(byte, into: &text)
        if outcome == .invalid { return .invalid }
        if role == .arguments, name != nil, hasBegun || text.first == UInt8(ascii: "{") {
            guard begin(&calls) else { return .invalid }
            calls.append(text)
            text.removeAll(keepingCapacity: true)
        }
        if role == .other { text.removeAll(keepingCapacity: true) }
        place = .value(role, reader, text)
        guard outcome != .more else { return .more }
        place = .afterValue
        guard end(role, text, &calls) else { return .invalid }
        return outcome == .passed ? read(byte, &calls) : .more
    }

    /// Takes a whole value; false if it is not what it must be.
    private mutating func end(_ role: Role, _ text: [UInt8], _ calls: inout CallRecorder) -> Bool {
        switch role {
        case .name:
            guard name == nil, let name = Self.decoded(text), calls.toolbox.resolve(name) != nil else {
                return false
            }
            self.name = name
            return waiting.map { tell($0, &calls) } ?? true
        case .arguments:
            if hasBegun { return true }
            guard name != nil else {
                waiting = text
                return true
            }
            return tell(text, &calls)
        case .wrapper, .other: return true
        }
    }

    /// Tells arguments that are whole: an object, the text of one, or none.
    private mutating func tell(_ text: [UInt8], _ calls: inout CallRecorder) -> Bool {
        var object = text
        if text.first == UInt8(ascii: "\"") {
            guard let inner = Self.decoded(text), let value = try? JSONValue(parsing: inner),
                case .object = value
            else { return false }
            object = value.serialized
        } else if text == Array("null".utf8) {
            object = Array("{}".utf8)
        }
        guard object.first == UInt8(ascii: "{"), begin(&calls) else { return false }
        calls.append(object)
        return true
    }

    private mutating func begin(_ calls: inout CallRecorder) -> Bool {
        if hasBegun { return true }
        guard let name, calls.begin(name) != nil else { return false }
        hasBegun = true
        return true
    }

    private mutating func close(_ calls: inout CallRecorder) -> Reading {
        guard depth == 0 else {
            depth -= 1
            place = .afterValue
            return .more
        }
        if !hasBegun {
            guard begin(&calls) else { return .invalid }
            calls.append("{}".utf8)
        }
        calls.end()
        return .ended
    }

    private static func decoded(_ text: [UInt8]) -> String? { (try? JSONValue(parsing: text))?.stringValue }
}
