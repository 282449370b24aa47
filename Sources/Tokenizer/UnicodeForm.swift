internal import CUTF8Proc

/// One of the four Unicode normalization forms.
///
/// Characters are decomposed and recomposed by utf8proc; the marks between are sorted here, because utf8proc
/// sorts them in quadratic time and a client may send a megabyte of nothing but marks.
enum UnicodeForm: String, Sendable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    private var composes: Bool { self == .nfc || self == .nfkc }
    private var isCompatible: Bool { self == .nfkc || self == .nfkd }

    /// The normalized text; nil when `text` is normal as it stands.
    func apply(to text: Bytes) -> [UInt8]? {
        guard needsWork(text) else { return nil }
        var scalars = decomposed(text)
        sortMarks(&scalars)
        if composes { compose(&scalars) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for value in scalars { result.append(Unicode.Scalar(UInt32(bitPattern: value)) ?? "\u{FFFD}") }
        return result
    }

    /// What the canonical decomposition of a character starts with.
    static func firstOfDecomposition(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard scalar.value >= 0xC0 else { return scalar }
        var parts: [Int32] = Array(repeating: 0, count: 32)
        var boundary: Int32 = 0
        let options = utf8proc_option_t(UTF8PROC_DECOMPOSE.rawValue)
        let value = Int32(bitPattern: scalar.value)
        let count = utf8proc_decompose_char(value, &parts, parts.count, options, &boundary)
        return count > 0 ? Unicode.Scalar(UInt32(bitPattern: parts[0])) ?? scalar : scalar
    }

    /// Below U+0300 nothing composes, so NFC leaves such text alone; the others leave ASCII alone.
    private func needsWork(_ text: Bytes) -> Bool {
        let harmlessBelow: UInt8 = self == .nfc ? 0xCC : 0x80
        return text.contains { $0 >= harmlessBelow }
    }

    private func decomposed(_ text: Bytes) -> [Int32] {
        var options = UTF8PROC_DECOMPOSE.rawValue
        if isCompatible { options |= UTF8PROC_COMPAT.rawValue }
        var scalars: [Int32] = []
        scalars.reserveCapacity(text.count)
        var parts: [Int32] = Array(repeating: 0, count: 32)  // no character decomposes into more than 18
        var boundary: Int32 = 0
        var place = 0
        while place < text.count {
            let (scalar, byteCount) = text.scalar(at: place)
            place += byteCount
            let value = Int32(bitPattern: scalar.value)
            if scalar.value < 0x80 {
                scalars.append(value)
                continue
            }
            let count = utf8proc_decompose_char(
                value,
                &parts,
                parts.count,
                utf8proc_option_t(options),
                &boundary
            )
            if count > 1 || count == 1 && parts[0] != value, count <= parts.count, scalar.existed(in: 9) {
                scalars.append(contentsOf: parts[0..<count])
            } else {
                scalars.append(value)
            }
        }
        return scalars
    }

    /// Canonical ordering: each run of marks by combining class, marks of one class in the order they came.
    private func sortMarks(_ scalars: inout [Int32]) {
        var place = 0
        while place < scalars.count {
            guard combiningClass(scalars[place]) > 0 else {
                place += 1
                continue
            }
            let start = place
            var marks: [(order: Int, value: Int32)] = []
            while place < scalars.count, case let order = combiningClass(scalars[place]), order > 0 {
                marks.append((order, scalars[place]))
                place += 1
            }
            guard marks.count > 1 else { continue }
            var byClass: [[Int32]] = Array(repeating: [], count: 256)
            for mark in marks { byClass[mark.order].append(mark.value) }
            scalars.replaceSubrange(start..<place, with: byClass.joined())
        }
    }

    private func combiningClass(_ value: Int32) -> Int {
        guard value >= 0x300, let property = utf8proc_get_property(value) else { return 0 }
        return min(max(Int(property.pointee.combining_class), 0), 255)
    }

    private func compose(_ scalars: inout [Int32]) {
        let options = UTF8PROC_COMPOSE.rawValue | UTF8PROC_STABLE.rawValue
        let count = scalars.withUnsafeMutableBufferPointer { buffer in
            utf8proc_normalize_utf32(buffer.baseAddress, buffer.count, utf8proc_option_t(options))
        }
        if count >= 0, count <= scalars.count { scalars.removeLast(scalars.count - count) }
    }
}
