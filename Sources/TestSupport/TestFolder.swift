internal import Glibc

/// A folder for one test, gone when the test is.
public final class TestFolder {
    public let path: String

    public init() throws {
        var template = Array("/tmp/millrace-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw TestFile.Failure("make", "/tmp") }
        path = String(cString: made)
    }

    deinit { Self.remove(path) }

    /// Writes a file below the folder, and the folders above it; returns its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8] = []) throws -> String {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/" + part
            mkdir(folder, 0o755)
        }
        try TestFile.write(bytes, to: "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    private static func remove(_ path: String) {
        // Fails for folders alone, so that no link is followed.
        guard unlink(path) != 0, let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { remove("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }
}
