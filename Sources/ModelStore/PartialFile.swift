internal import CLinux
internal import Glibc

/// A file on its way here: what has come so far lies under its name with `.partial` behind it, and its digest
/// is computed as the bytes pass.
///
/// It gets its own name only once it is whole and its digest is right, so whatever has its own name is whole.
final class PartialFile {
    let file: RemoteFile
    /// Where the next byte belongs.
    private(set) var offset = 0
    /// The server's word for the version that `offset` bytes are of, where it gave a strong one.
    private(set) var entityTag: String?
    private var furthestOffset = 0
    private let path: String
    private let partialPath: String
    private let tagPath: String
    private let descriptor: Int32
    private var digest: DigestStream

    /// Takes up what an earlier pull left; `folder` is where the repository's files go.
    init(_ file: RemoteFile, in folder: String) throws(StoreError) {
        self.file = file
        path = "\(folder)/\(file.path)"
        partialPath = path + ".partial"
        tagPath = path + ".etag"
        digest = try DigestStream(file.digest, byteCount: file.byteCount)
        descriptor = open(partialPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system(deed: "write", path: partialPath, code: errno) }
        entityTag = Disk.bytes(of: tagPath, limit: 1024).map { String(decoding: $0, as: UTF8.self) }
        try takeUp()
    }

    deinit { close(descriptor) }

    /// Whether nothing is missing.
    var isComplete: Bool { offset == file.byteCount }

    /// Drops what has come.
    func restart() throws(StoreError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw .system(deed: "empty", path: partialPath, code: errno)
        }
        digest = try DigestStream(file.digest, byteCount: file.byteCount)
        offset = 0
        entityTag = nil
        unlink(tagPath)
    }

    /// Keeps the server's tag for the version whose bytes come now, so that a later request can say which
    /// bytes it goes on from.
    ///
    /// Weak tags say nothing about bytes (RFC 9110, section 8.8.1).
    func note(entityTag tag: String?) throws(StoreError) {
        let strong = tag.flatMap { $0.hasPrefix("\"") && $0.utf8.count <= 1024 ? $0 : nil }
        guard strong != entityTag else { return }
        entityTag = strong
        if let strong { try Disk.replace(tagPath, with: Array(strong.utf8)) } else { unlink(tagPath) }
    }

    /// Appends bytes, of which there must be no more than are missing; true where the file has never been as
    /// long.
    func append(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> Bool {
        precondition(bytes.count <= file.byteCount - offset, "no more than the file has")
        let code = Disk.append(bytes, to: descriptor)
        guard code == 0 else { throw .system(deed: "write", path: partialPath, code: code) }
        digest.update(bytes)
        offset += bytes.count
        guard offset > furthestOffset else { return false }
        furthestOffset = offset
        return true
    }

    /// Checks the digest and gives the file its name; what is wrong is discarded.
    func finish() throws(StoreError) {
        let found = digest.finish()
        guard found == file.digest.hex else {
            unlink(partialPath)
            unlink(tagPath)
            throw .checksum(path: file.path.description, wanted: file.digest.hex, found: found)
        }
        guard fsync(descriptor) == 0 else { throw .system(deed: "write", path: partialPath, code: errno) }
        try Disk.move(partialPath, to: path)
        unlink(tagPath)
    }

    private func takeUp() throws(StoreError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= file.byteCount else { return try restart() }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while offset < Int(status.st_size) {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw .system(deed: "read", path: partialPath, code: count < 0 ? errno : EIO)
            }
            buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            offset += count
        }
    }
}
