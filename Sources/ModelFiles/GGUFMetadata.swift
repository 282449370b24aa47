/// What a GGUF file says about its model, by key.
///
/// Opening a file only walks over its metadata; texts and arrays are converted when they are asked for, which
/// for a vocabulary of 150,000 tokens takes some milliseconds. A key that is absent or of another type gives
/// nil.
public struct GGUFMetadata: Sendable {
    private let file: MappedFile
    private let values: [String: GGUFValue]

    public var path: String { file.path }

    init(file: MappedFile, values: [String: GGUFValue]) {
        self.file = file
        self.values = values
    }

    public var keys: [String] { values.keys.sorted() }

    public func contains(_ key: String) -> Bool { values[key] != nil }

    public func integer(_ key: String) -> Int64? {
        if case .integer(let value) = values[key] { value } else { nil }
    }

    /// An integer as well.
    public func number(_ key: String) -> Double? {
        switch values[key] {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public func flag(_ key: String) -> Bool? {
        if case .bool(let value) = values[key] { value } else { nil }
    }

    public func text(_ key: String) -> String? {
        if case .text(let range) = values[key] { string(range) } else { nil }
    }

    /// Numbers of values in an array.
    public func count(_ key: String) -> Int? { array(key)?.count }

    public func texts(_ key: String) -> [String]? {
        guard let array = array(key), array.kind == .text else { return nil }
        var texts: [String] = []
        texts.reserveCapacity(array.count)
        forEachText(of: array) { _, range in texts.append(string(range)) }
        return texts
    }

    /// Texts as they stand in the file, which need not be valid UTF-8.
    public func rawTexts(_ key: String) -> [[UInt8]]? {
        guard let array = array(key), array.kind == .text else { return nil }
        var texts: [[UInt8]] = []
        texts.reserveCapacity(array.count)
        forEachText(of: array) { _, range in texts.append(Array(file.bytes[range])) }
        return texts
    }

    /// Integers, and flags as 0 and 1.
    public func integers(_ key: String) -> [Int64]? {
        guard let array = array(key) else { return nil }
        return switch array.kind {
        case .uint8, .bool: load(array, as: UInt8.self)
        case .int8: load(array, as: Int8.self)
        case .uint16: load(array, as: UInt16.self)
        case .int16: load(array, as: Int16.self)
        case .uint32: load(array, as: UInt32.self)
        case .int32: load(array, as: Int32.self)
        case .int64: load(array, as: Int64.self)
        default: nil
        }
    }

    public func floats(_ key: String) -> [Float]? {
        guard let array = array(key), array.kind == .float32 else { return nil }
        return (0..<array.count).map { index in
            let offset = array.range.lowerBound + index * 4
            let bits = file.bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: bits))
        }
    }

    /// Bytes of an array of bytes.
    public func bytes(_ key: String) -> [UInt8]? {
        guard let array = array(key), array.kind == .uint8 || array.kind == .int8 else { return nil }
        return Array(file.bytes[array.range])
    }

    /// The value at one place of an array of texts; walks there.
    public func text(_ key: String, at index: Int) -> String? {
        guard let array = array(key), array.kind == .text, (0..<array.count).contains(index) else {
            return nil
        }
        var found: String?
        forEachText(of: array) { place, range in
            if place == index { found = string(range) }
        }
        return found
    }

    /// Places in an array of texts whose text is one of `wanted`; compares bytes.
    func places(of wanted: Set<String>, in key: String) -> [Int] {
        guard let array = array(key), array.kind == .text else { return [] }
        let lengths = Set(wanted.map(\.utf8.count))
        var places: [Int] = []
        forEachText(of: array) { place, range in
            if lengths.contains(range.count), wanted.contains(string(range)) { places.append(place) }
        }
        return places
    }

    private func array(_ key: String) -> GGUFArray? {
        if case .array(let array) = values[key] { array } else { nil }
    }

    private func forEachText(of array: GGUFArray, _ body: (_ index: Int, _ range: Range<Int>) -> Void) {
        var offset = array.range.lowerBound
        for index in 0..<array.count {
            // The lengths were checked when the file was opened.
            let length = UInt64(
                littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            )
            let range = offset + 8..<offset + 8 + Int(length)
            body(index, range)
            offset = range.upperBound
        }
    }

    private func load<Number: FixedWidthInteger>(_ array: GGUFArray, as _: Number.Type) -> [Int64] {
        (0..<array.count).map { index in
            let offset = array.range.lowerBound + index * MemoryLayout<Number>.size
            let value = file.bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
            return Int64(Number(littleEndian: value))
        }
    }

    private func string(_ range: Range<Int>) -> String { String(decoding: file.bytes[range], as: UTF8.self) }
}
