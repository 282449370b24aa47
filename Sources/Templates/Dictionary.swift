internal import JSON

/// Values by key, in the order in which they were written.
final class Dictionary {
    let members: [(key: Value, value: Value)]
    let depth: Int
    let weight: Int
    /// Only filled above a size where looking through `members` would be slow.
    private let places: [Key: Int]

    private static let indexedFrom = 8

    init(_ object: JSONObject) {
        members = object.members.map { (.string($0.key), Value($0.value)) }
        depth = 1 + (members.lazy.map(\.value.depth).max() ?? 0)
        weight = Value.weight(of: members.lazy.map(\.value))
        places = Self.places(members)
    }

    /// Of two members with the same key the later value counts, at the earlier place.
    ///
    /// Keys must be hashable.
    init(_ given: [(key: Value, value: Value)]) {
        var unique: [(key: Value, value: Value)] = []
        var seen: [Key: Int] = [:]
        for member in given {
            guard let key = Key(member.key) else { continue }
            if let place = seen[key] {
                unique[place].value = member.value
            } else {
                seen[key] = unique.count
                unique.append(member)
            }
        }
        members = unique
        depth = 1 + (unique.lazy.map { max($0.key.depth, $0.value.depth) }.max() ?? 0)
        weight = Value.weight(of: unique.lazy.map(\.key)).addingSaturated(
            Value.weight(of: unique.lazy.map(\.value))
        )
        places = unique.count > Self.indexedFrom ? seen : [:]
    }

    subscript(_ key: Value) -> Value? {
        guard let wanted = Key(key) else { return nil }
        if members.count > Self.indexedFrom { return places[wanted].map { members[$0].value } }
        return members.first { Key($0.key) == wanted }?.value
    }

    private static func places(_ members: [(key: Value, value: Value)]) -> [Key: Int] {
        guard members.count > indexedFrom else { return [:] }
        var places: [Key: Int] = [:]
        for (index, member) in members.enumerated() {
            if let key = Key(member.key) { places[key] = index }
        }
        return places
    }
}

/// What can be looked up: strings by their code points (Swift would take é for e and accent), and 1 is 1.0 is
/// true.
enum Key: Hashable {
    case text(Text)
    case integer(Int)
    case float(Double)
    case none
    case undefined
    case tuple([Key])

    struct Text: Hashable {
        var string: String

        static func == (left: Text, right: Text) -> Bool { left.string.isSame(as: right.string) }

        func hash(into hasher: inout Hasher) {
            for byte in string.utf8 { hasher.combine(byte) }
        }
    }

    /// nil for what Python cannot hash, and for what nobody looks up.
    init?(_ value: Value) {
        switch value {
        case .string(let text), .markup(let text): self = .text(Text(string: text))
        case .undefined: self = .undefined
        case .bool(let flag): self = .integer(flag ? 1 : 0)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = Int(exactly: value).map(Key.integer) ?? .float(value)
        case .none: self = .none
        case .tuple(let list):
            var keys: [Key] = []
            for element in list.elements {
                guard let key = Key(element) else { return nil }
                keys.append(key)
            }
            self = .tuple(keys)
        default: return nil
        }
    }
}
