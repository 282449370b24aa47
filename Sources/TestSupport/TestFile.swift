internal import Glibc

/// Whole files, for tests whose cases lie on the disk.
///
/// Straight from the C library, as everything in `Sources`: Foundation's modules and Jansson's cannot be
/// imported together, because they see different forms of `fd_set`.
public enum TestFile {
    /// What could not be done with which file.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String

        init(_ deed: String, _ path: String) {
            description = "cannot \(deed) \(path): \(String(cString: strerror(errno)))"
        }
    }

    public static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

    public static func bytes(of path: String) throws(Failure) -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw Failure("read", path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        guard ferror(file) == 0 else { throw Failure("read all of", path) }
        return bytes
    }

    public static func text(of path: String) throws(Failure) -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }

    public static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        guard let file = fopen(path, "wb") else { throw Failure("write", path) }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw Failure("write all of", path) }
    }

    public static func write(_ text: String, to path: String) throws(Failure) {
        try write(Array(text.utf8), to: path)
    }

    /// The names in a folder, sorted, without those that begin with a dot.
    public static func names(in path: String) throws(Failure) -> [String] {
        guard let folder = opendir(path) else { throw Failure("list", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
