/// Reads a call as Python writes it: `f(a='x', b=[1, 2])`.
///
/// Arguments without a name are those that the tool's schema lists at their place.
struct PythonCallReader: Sendable {
    private enum Place {
        case name([UInt8])
        case argument
        /// A name, or the beginning of a value.
        case word([UInt8])
        case equals([UInt8])
        case value(ValueReader)
        case afterValue
    }

    private var place = Place.name([])
    private var tool = Tool(nil)
    private var argumentCount = 0

    private static let nameBytes = 256

    mutating func read(_ byte: UInt8, _ calls: inout CallRecorder) -> Reading {
        switch place {
        case .name(let name): return readName(byte, name, &calls)
        case .argument:
            if byte.isSpace { return .more }
            if byte == UInt8(ascii: ")") { return close(&calls) }
            if byte.isLetter || byte == UInt8(ascii: "_") {
                place = .word([byte])
                return .more
            }
            return beginPositional([byte], &calls)
        case .word(var word):
            if byte.isWord, word.count < Self.nameBytes {
                word.append(byte)
                place = .word(word)
                return .more
            }
            if byte == UInt8(ascii: "=") {
                begin(argument: String(decoding: word, as: UTF8.self), &calls)
                return .more
            }
            if byte.isSpace {
                place = .equals(word)
                return .more
            }
            return beginPositional(word + [byte], &calls)
        case .equals(let word):
            if byte.isSpace { return .more }
            guard byte == UInt8(ascii: "=") else { return beginPositional(word + [byte], &calls) }
            begin(argument: String(decoding: word, as: UTF8.self), &calls)
            return .more
        case .value(var reader):
            var json: [UInt8] = []
            let outcome = reader.read(byte, into: &json)
            place = .value(reader)
            if outcome == .invalid { return .invalid }
            calls.append(json)
            guard outcome != .more else { return .more }
            place = .afterValue
            return outcome == .passed ? read(byte, &calls) : .more
        case .afterValue:
            if byte.isSpace { return .more }
            if byte == UInt8(ascii: ")") { return close(&calls) }
            guard byte == UInt8(ascii: ",") else { return .invalid }
            place = .argument
            return .more
        }
    }

    private mutating func readName(
        _ byte: UInt8,
        _ name: [UInt8],
        _ calls: inout CallRecorder
    ) -> Reading {
        if byte == UInt8(ascii: "(") {
            guard let tool = calls.begin(String(decoding: name, as: UTF8.self)) else { return .invalid }
            self.tool = tool
            calls.append("{".utf8)
            place = .argument
            return .more
        }
        let isPart = byte.isWord || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        guard isPart, name.count < Self.nameBytes else { return .invalid }
        place = .name(name + [byte])
        return .more
    }

    private mutating func beginPositional(_ bytes: [UInt8], _ calls: inout CallRecorder) -> Reading {
        guard argumentCount < tool.parameters.count else { return .invalid }
        begin(argument: tool.parameters[argumentCount], &calls)
        for byte in bytes {
            let reading = read(byte, &calls)
            guard reading == .more else { return reading }
        }
        return .more
    }

    private mutating func begin(argument: String, _ calls: inout CallRecorder) {
        if argumentCount > 0 { calls.append(",".utf8) }
        argumentCount += 1
        var json: [UInt8] = []
        JSONText.append(quoting: argument.utf8, to: &json)
        calls.append(json + [UInt8(ascii: ":")])
        place = .value(ValueReader(.python, wantsText: tool.kinds(of: argument) == [.string]))
    }

    private mutating func close(_ calls: inout CallRecorder) -> Reading {
        calls.append("}".utf8)
        calls.end()
        return .ended
    }
}
