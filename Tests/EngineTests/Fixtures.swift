import Glibc
import JSON

/// Golden data beside the package; tests that need it are skipped where it is absent.
enum Fixtures {
    static let root: String = {
        // This file lies in <root>/Tests/EngineTests.
        let package = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return package + "/../shared/fixtures"
    }()

    static func has(_ path: String) -> Bool { access(root + "/" + path, R_OK) == 0 }

    static func json(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(path), limits: .modelFile)
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(root + "/" + path, "rb") else { throw Missing(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer.prefix(count))
        }
    }

    struct Missing: Error { var path: String }
}
