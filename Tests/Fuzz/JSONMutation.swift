internal import JSON

/// Changes JSON documents so that they stay JSON, which bytes changed at random hardly ever do.
struct JSONMutation {
    private var state: UInt64

    init(seed: UInt32) { state = UInt64(seed) }

    /// The document with one to four values changed; nil if it is not JSON.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8]? {
        guard var document = try? JSONValue(parsing: bytes, limits: .modelFile) else { return nil }
        for _ in 0...random(4) {
            var donor = document
            descend(&document, depthLeft: 12, donor: &donor)
        }
        var result: [UInt8] = []
        JSONWriter.append(document, to: &result)
        return result
    }

    /// Walks down to a value at random and changes it.
    private mutating func descend(_ value: inout JSONValue, depthLeft: Int, donor: inout JSONValue) {
        let stops = depthLeft == 0 || random(6) == 0
        switch value {
        case .array(var elements) where !stops && !elements.isEmpty:
            let place = random(elements.count)
            descend(&elements[place], depthLeft: depthLeft - 1, donor: &donor)
            value = .array(elements)
        case .object(var object) where !stops && object.count > 0:
            let key = object.keys[random(object.count)]
            guard var member = object[key] else { return }
            descend(&member, depthLeft: depthLeft - 1, donor: &donor)
            object[key] = member
            value = .object(object)
        default: change(&value, donor: donor)
        }
    }

    private mutating func change(_ value: inout JSONValue, donor: JSONValue) {
        switch (random(4), value) {
        case (0, _): value = part(of: donor)
        case (1, _): value = wildValue()
        case (_, .array(var elements)):
            switch elements.isEmpty ? 0 : random(3) {
            case 0: elements.append(random(2) == 0 ? wildValue() : part(of: donor))
            case 1: elements.remove(at: random(elements.count))
            default: elements.append(elements[random(elements.count)])
            }
            value = .array(elements)
        case (_, .object(var object)):
            switch object.count == 0 ? 0 : random(3) {
            case 0: object[wildText()] = part(of: donor)
            case 1: object[object.keys[random(object.count)]] = nil
            default: object[object.keys[random(object.count)]] = part(of: donor)
            }
            value = .object(object)
        case (_, .integer(let number)): value = .integer(number &+ Int64(random(33)) &- 16)
        case (_, .string(let text)): value = .string(mutated(text))
        case (_, .bool(let flag)): value = .bool(!flag)
        default: value = wildValue()
        }
    }

    private mutating func mutated(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        let place = random(scalars.count + 1)
        switch random(3) {
        case 0: scalars.insert(contentsOf: wildText().unicodeScalars, at: place)
        case 1 where !scalars.isEmpty: scalars.removeSubrange(random(scalars.count)..<scalars.count)
        default: scalars.insert(Unicode.Scalar(UInt32(random(0x800))) ?? "a", at: place)
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// A value somewhere inside another.
    private mutating func part(of value: JSONValue) -> JSONValue {
        var part = value
        while random(4) != 0 {
            let inside = part.arrayValue ?? part.objectValue?.members.map(\.value) ?? []
            guard !inside.isEmpty else { break }
            part = inside[random(inside.count)]
        }
        return part
    }

    private mutating func wildValue() -> JSONValue {
        switch random(8) {
        case 0: .null
        case 1: .bool(random(2) == 0)
        case 2: .array([])
        case 3: .object([:])
        case 4: .number([0.5, -1.5, 1e300, -1e-300, 4294967296.5][random(5)])
        case 5: .string(wildText())
        default: .integer(wildInteger())
        }
    }

    private mutating func wildInteger() -> Int64 {
        let power = Int64(1) << Int64(random(63))
        return [power, power - 1, -power, .max, .min, Int64(random(40))][random(6)]
    }

    private mutating func wildText() -> String {
        [
            "", " ", "▁", "Ġ", "a", "ab", "<0x41>", "\u{0}", "👍🏽", "e\u{301}", "\\", "(?i:a|b)+",
            "[^\\s]{2,3}",
            "##", "$1", "String", "Regex", "content", "type", "U32", "F8_E4M3", "BF16",
        ][random(22)]
    }

    /// SplitMix64.
    private mutating func random(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((bits ^ bits >> 31) % UInt64(bound))
    }
}
