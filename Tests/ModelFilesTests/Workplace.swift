import Foundation
import JSON
import ModelFiles

/// A directory for one test, gone when the test is.
final class Workplace {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        // A file that is cut and written again is flushed to the disk by some file systems; another file is
        // not.
        unlink("\(path)/\(name)")
        let folder = URL(fileURLWithPath: "\(path)/\(name)").deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    @discardableResult
    func write(_ name: String, _ document: JSONValue) throws -> String {
        try write(name, document.serialized)
    }
}

/// A safetensors file in the making; nothing in it has to be right.
struct Draft {
    var header: [UInt8]
    /// Nil: the true one.
    var headerLength: UInt64?
    var data: [UInt8]

    init(header: String, data: Int = 0) {
        self.header = Array(header.utf8)
        self.data = (0..<data).map { UInt8(truncatingIfNeeded: $0) }
    }

    var bytes: [UInt8] {
        let length = headerLength ?? UInt64(header.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + header + data
    }

    /// A correct header of F32 vectors, one behind the other.
    static func vectors(_ sizes: [(name: String, count: Int)]) -> Draft {
        var offset = 0
        var header = JSONObject()
        for (name, count) in sizes {
            header[name] = [
                "dtype": "F32", "shape": [.integer(Int64(count))],
                "data_offsets": [.integer(Int64(offset)), .integer(Int64(offset + count * 4))],
            ]
            offset += count * 4
        }
        return Draft(header: "\(JSONValue.object(header))", data: offset)
    }
}
