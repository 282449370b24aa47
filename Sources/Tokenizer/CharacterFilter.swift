/// What a normalizer does with single characters: takes some away, and puts others in the place of some.
struct CharacterFilter: Sendable {
    /// nil for a character that goes; itself for one that stays.
    private let replacement: @Sendable (Unicode.Scalar) -> Unicode.Scalar?

    private init(_ replacement: @escaping @Sendable (Unicode.Scalar) -> Unicode.Scalar?) {
        self.replacement = replacement
    }

    /// Takes away control characters and makes all white space a space, as BERT's first normalizer did.
    static let cleaning = CharacterFilter { scalar in
        switch scalar.value {
        case 9, 10, 13: return " "
        case 0, 0xFFFD: return nil
        default:
            if scalar.isOther { return nil }
            return scalar.isWhiteSpace ? " " : scalar
        }
    }

    /// Takes away the marks that take no room of their own.
    static let nonspacingMarks = CharacterFilter { $0.isNonspacingMark ? nil : $0 }

    /// Takes away all combining marks.
    static let allMarks = CharacterFilter { $0.isCombiningMark ? nil : $0 }

    /// What machine translation models took for noise and for space.
    static let translation = CharacterFilter { scalar in
        switch scalar.value {
        case 1...8, 11, 14...0x1F, 0x7F, 0x8F, 0x9F: nil
        case 9, 10, 12, 13, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: " "
        default: scalar
        }
    }

    /// nil when nothing changes.
    func apply(to text: Bytes) -> (text: [UInt8], keepsStart: Bool)? {
        guard text.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var keepsStart = true
        var place = 0
        while place < text.count {
            let byte = text[place]
            if byte >= 0x20, byte < 0x7F {
                result.append(byte)
                place += 1
                continue
            }
            let (scalar, byteCount) = text.scalar(at: place)
            if let new = replacement(scalar) {
                if new == scalar {
                    result.append(contentsOf: text.part(place..<place + byteCount))
                } else {
                    result.append(new)
                }
            } else if place == 0 {
                keepsStart = false
            }
            place += byteCount
        }
        return (result, keepsStart)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The text with a space on either side of each Chinese character; nil when there is none.
    var withSpacedIdeographs: [UInt8]? {
        guard contains(where: { $0 >= 0xE3 }) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var changes = false
        var place = 0
        while place < count {
            let (scalar, byteCount) = scalar(at: place)
            let isIdeograph = scalar.isChinese
            if isIdeograph { result.append(UInt8(ascii: " ")) }
            result.append(contentsOf: part(place..<place + byteCount))
            if isIdeograph { result.append(UInt8(ascii: " ")) }
            changes = changes || isIdeograph
            place += byteCount
        }
        return changes ? result : nil
    }
}
