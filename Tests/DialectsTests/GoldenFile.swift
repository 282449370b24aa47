import Glibc

/// Files of the `Golden` folder, by path from there.
///
/// Straight from the C library: Foundation's modules and Jansson's cannot be imported together, because they see
/// different forms of `fd_set`.
enum GoldenFile {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private static let root =
        #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Golden/"

    static func exists(_ path: String) -> Bool { access(root + path, R_OK) == 0 }

    /// The names in a folder, sorted.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(root + path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(root + path, "rb") else { throw Missing(description: "cannot read \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(root + path, "wb") else { throw Missing(description: "cannot write \(path)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw Missing(description: "cannot write all of \(path)")
        }
    }

    /// Whether expected files are to be rewritten.
    static let records = getenv("RECORD").map { String(cString: $0) == "1" } ?? false
}
