import Glibc
import JSON

/// The golden files beside the package; a checkout without them skips the tests that need them.
enum Fixtures {
    static let folder: String? = {
        var parts = #filePath.split(separator: "/").dropLast()
        while !parts.isEmpty {
            let root = "/" + parts.joined(separator: "/")
            if access(root + "/Package.swift", F_OK) == 0 {
                let folder = root + "/../shared/fixtures"
                return access(folder, F_OK) == 0 ? folder : nil
            }
            parts.removeLast()
        }
        return nil
    }()

    static func json(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: try bytes((folder ?? "") + "/" + path), limits: .modelFile)
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try bytes((folder ?? "") + "/" + path), as: UTF8.self)
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw MissingFile(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[0..<count] }
        return bytes
    }

    struct MissingFile: Error { var path: String }
}

/// A small generator whose seed a failing test prints.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
