import Configuration
import Glibc
import JSON
import Messaging

/// The file with a node's pair of keys: `{"key":"…","secret":"…"}`, for its owner's eyes alone.
enum KeyFile {
    /// Makes a file that was not there.
    static func write(_ key: NodeKey, to path: String) throws(UsageError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw UsageError("cannot make \(path): \(String(cString: strerror(errno)))")
        }
        let value = JSONValue.object(["key": .string("\(key)"), "secret": .string(key.secret)])
        let bytes = value.serialized + [UInt8(ascii: "\n")]
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let isWritten = count == bytes.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, isWritten else {
            unlink(path)
            throw UsageError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    static func read(_ path: String) throws(UsageError) -> NodeKey {
        let bytes = try Surroundings.current.file(path)
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw UsageError("\(path) holds a secret that others may read; say chmod 600 \(path)")
        }
        guard let members = (try? JSONValue(parsing: bytes))?.objectValue,
            let secret = members["secret"]?.stringValue, let key = NodeKey(secret: secret),
            members["key"]?.stringValue == key.publicKey.description
        else {
            throw UsageError("\(path) is no pair of keys; `millrace keys node` makes one")
        }
        return key
    }
}
