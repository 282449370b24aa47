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

    /// A key or a value on its way.
    private struct Member: Sendable {
        var role: Role
        var reader = ValueReader(.json)
        /// What has come of it and was not told.
        var text: [UInt8] = []
    }

    private enum Place {
        case start
        case key
        case keyText(Member)
        case colon(Role)
        /// `function` may be a name or an object.
        case wrapped
        case value(Member)
        case afterValue
    }

    /// Whether a key that no call has shows that this is none: so an answer in JSON is not held back.
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
            place = .key
            return .more
        case .key:
            if byte.isSpace { return .more }
            if byte == UInt8(ascii: "}") { return close(&calls) }
            guard byte == UInt8(ascii: "\"") else { return .invalid }
            place = .keyText(Member(role: .other))
            return read(byte, &calls)
        case .keyText(var member):
            let outcome = member.reader.read(byte, into: &member.text)
            place = .keyText(member)
            guard outcome == .ended else { return member.text.count > Self.keyBytes ? .invalid : .more }
            return endKey(member.text)
        case .colon(let role):
            if byte.isSpace { return .more }
            guard byte == UInt8(ascii: ":") else { return .invalid }
            place = role == .wrapper ? .wrapped : .value(Member(role: role))
            return .more
        case .wrapped:
            if byte.isSpace { return .more }
            guard byte == UInt8(ascii: "{") else {
                place = .value(Member(role: .name))
                return read(byte, &calls)
            }
            depth += 1
            place = .key
            return depth > 1 ? .invalid : .more
        case .value(let member): return readValue(byte, member, &calls)
        case .afterValue:
            if byte.isSpace { return .more }
            if byte == UInt8(ascii: "}") { return close(&calls) }
            guard byte == UInt8(ascii: ",") else { return .invalid }
            place = .key
            return .more
        }
    }

    private mutating func endKey(_ text: [UInt8]) -> Reading {
        guard let key = Self.decoded(text) else { return .invalid }
        let role = Self.roles[key] ?? .other
        if isStrict, !hasBegun, role == .other, !Self.harmlessKeys.contains(key) { return .invalid }
        place = .colon(role == .arguments && (hasBegun || waiting != nil) ? .other : role)
        return .more
    }

    private mutating func readValue(
        _ byte: UInt8,
        _ member: Member,
        _ calls: inout CallRecorder
    ) -> Reading {
        var member = member
        place = .afterValue
        let outcome = member.reader.read(byte, into: &member.text)
        if outcome == .invalid { return .invalid }
        switch member.role {
        case .arguments where name != nil && (hasBegun || member.text.first == UInt8(ascii: "{")):
            guard begin(&calls) else { return .invalid }
            calls.append(member.text)
            member.text.removeAll(keepingCapacity: true)
        case .other: member.text.removeAll(keepingCapacity: true)
        case .name, .arguments, .wrapper: break
        }
        place = .value(member)
        guard outcome != .more else { return .more }
        place = .afterValue
        guard end(member.role, member.text, &calls) else { return .invalid }
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
