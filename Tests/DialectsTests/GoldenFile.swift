import Glibc
import TestSupport

/// Files of the `Golden` folder, by path from there.
enum GoldenFile {
    private static let folder = PackageFolder.path + "/Tests/DialectsTests/Golden/"

    static func exists(_ path: String) -> Bool { TestFile.exists(folder + path) }

    /// The names in a folder, sorted.
    static func names(in path: String) -> [String] { (try? TestFile.names(in: folder + path)) ?? [] }

    static func read(_ path: String) throws -> [UInt8] { try TestFile.bytes(of: folder + path) }

    static func write(_ bytes: [UInt8], to path: String) throws {
        try TestFile.write(bytes, to: folder + path)
    }

    /// Whether expected files are to be rewritten.
    static let records = getenv("RECORD").map { String(cString: $0) == "1" } ?? false
}
