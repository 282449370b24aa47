import JSON
import Transformer

/// Stored blocks to the numbers that they stand for.
struct DequantizeSubject: LineSubject {
    func answer(_ request: InspectRequest) throws(InspectError) -> [UInt8] {
        let type = try request.requiredText("type")
        let bytes = try Self.bytes(ofHex: try request.requiredText("hex"))
        let numbers: [Float]
        do {
            numbers = try StoredNumbers(type: type, bytes: bytes).floats
        } catch {
            throw InspectError("\(error)")
        }
        var line = Array(#"{"values":["#.utf8)
        for (index, number) in numbers.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            Self.append(number, to: &line)
        }
        line += Array("]}".utf8)
        return line
    }

    /// JSON has no infinities, so they are strings.
    private static func append(_ number: Float, to line: inout [UInt8]) {
        if number.isFinite {
            JSONWriter.append(number, to: &line)
        } else {
            JSONWriter.append(quoting: number.isNaN ? "nan" : number < 0 ? "-inf" : "inf", to: &line)
        }
    }

    private static func bytes(ofHex text: String) throws(InspectError) -> [UInt8] {
        let digits = text.utf8.map { digit in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: UInt8.max
            }
        }
        guard digits.count.isMultiple(of: 2), !digits.contains(.max) else {
            throw InspectError("\"hex\" must be pairs of hexadecimal digits")
        }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
