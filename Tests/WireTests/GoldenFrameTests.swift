import Contract
import Glibc
import TestSupport
import Testing
import Wire

/// Each folder of `Golden` is one case: `frame.hex`, and in `message.txt` what it means or why it is refused.
///
/// A case is added by adding a folder with `frame.hex`. `RECORD=1 swift test` writes every `message.txt`
/// again, and the frames of `GoldenFrames`, and fails, so that nobody records by accident. One after the
/// other, because the second reads what the first records.
@Suite(.serialized) struct `A golden frame` {
    static let folder = "\(PackageFolder.path)/Tests/WireTests/Golden"
    static let cases = (try? TestFile.names(in: folder)) ?? []

    @Test(arguments: MessageKind.allCases) func `is written as it has always been`(kind: MessageKind) throws {
        let frame = try FrameCodec.encode(GoldenFrames.envelope(kind))
        let path = "\(Self.folder)/\(kind.rawValue)"
        if isRecording {
            mkdir(path, 0o755)
            try TestFile.write(hex(frame), to: "\(path)/frame.hex")
            Issue.record("recorded \(kind)")
        }
        #expect(try TestFile.text(of: "\(path)/frame.hex") == hex(frame))
    }

    @Test(arguments: cases) func `means what it has always meant`(name: String) throws {
        let frame = try #require(bytes(ofHex: try TestFile.text(of: "\(Self.folder)/\(name)/frame.hex")))
        let meaning = meaning(of: frame)
        if isRecording {
            try TestFile.write(meaning, to: "\(Self.folder)/\(name)/message.txt")
            Issue.record("recorded \(name)")
        }
        #expect(try TestFile.text(of: "\(Self.folder)/\(name)/message.txt") == meaning)
    }

    private var isRecording: Bool { getenv("RECORD") != nil }

    private func meaning(of frame: [UInt8]) -> String {
        var text = ""
        do { dump(try FrameCodec.decode(frame), to: &text) } catch { text = "\(error)\n" }
        return text
    }

    /// Sixteen bytes in a line, with what is printable beside them.
    private func hex(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let line = bytes[start..<min(start + 16, bytes.count)]
            let digits = line.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            let padding = String(repeating: " ", count: 47 - digits.count)
            let printable = line.map { 0x20..<0x7F ~= $0 ? String(UnicodeScalar($0)) : "." }.joined()
            text += "\(digits)\(padding)  |\(printable)|\n"
        }
        return text
    }

    private func bytes(ofHex text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for line in text.split(separator: "\n") {
            for digits in line.prefix(while: { $0 != "|" }).split(separator: " ") {
                guard let byte = UInt8(digits, radix: 16) else { return nil }
                bytes.append(byte)
            }
        }
        return bytes
    }
}
