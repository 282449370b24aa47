internal import CLinux
internal import Glibc

/// An open file; closed when nobody holds it any more.
final class FileDescriptor: Sendable {
    private let path: String
    private let number: Int32

    init(path: String, _ flags: Int32, deed: String) throws(SegmentFault) {
        self.path = path
        number = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard number >= 0 else { throw .system(deed: deed, path: path, code: linux_errno()) }
    }

    deinit { close(number) }

    /// Throws for anything but a regular file.
    var byteCount: Int {
        get throws(SegmentFault) {
            var status = stat()
            guard fstat(number, &status) == 0 else {
                throw .system(deed: "look at", path: path, code: linux_errno())
            }
            guard status.st_mode & S_IFMT == S_IFREG else { throw .header(path: path) }
            return Int(status.st_size)
        }
    }

    /// Has the system start reading the whole file.
    func prefetch() { posix_fadvise(number, 0, 0, Int32(POSIX_FADV_WILLNEED)) }

    /// Takes the file for this process alone; false where another has it.
    func lock() -> Bool { flock(number, LOCK_EX | LOCK_NB) == 0 }

    func unlock() { flock(number, LOCK_UN) }

    /// The file's first bytes.
    func bytes(_ count: Int) throws(SegmentFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let outcome = bytes.withUnsafeMutableBytes { bytes in
            Result { () throws(SegmentFault) in try read(into: bytes, at: 0) }
        }
        try outcome.get()
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(SegmentFault) {
        let outcome = bytes.withUnsafeBytes { bytes in
            Result { () throws(SegmentFault) in try write(bytes, at: offset) }
        }
        try outcome.get()
    }

    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SegmentFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeMutableRawBufferPointer(rebasing: rest)
            let count = pread(number, piece.baseAddress, piece.count, offset + bytes.count - rest.count)
            if count < 0 && linux_errno() == EINTR { continue }
            guard count > 0 else {
                throw .system(deed: "read", path: path, code: count < 0 ? linux_errno() : EIO)
            }
            rest = rest.dropFirst(count)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SegmentFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = pwrite(number, piece.baseAddress, piece.count, offset + bytes.count - rest.count)
            if count < 0 && linux_errno() == EINTR { continue }
            guard count > 0 else {
                throw .system(deed: "write", path: path, code: count < 0 ? linux_errno() : EIO)
            }
            rest = rest.dropFirst(count)
        }
    }
}
