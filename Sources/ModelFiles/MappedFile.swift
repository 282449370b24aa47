internal import Glibc

/// A file that can be read like memory.
///
/// The kernel brings pages in when they are touched, so a model of any size opens in microseconds and its
/// weights are shared with every process that maps the same file. A file that somebody truncates while it is
/// mapped ends the process when a missing page is touched: models are replaced by renaming, never rewritten
/// in place.
public final class MappedFile: @unchecked Sendable {
    // Unchecked because of the pointer: the memory is mapped read-only, so all threads may read it.

    public let path: String
    public let bytes: UnsafeRawBufferPointer

    /// Maps the whole file; anything but a regular file is refused.
    public init(path: String) throws(ModelFileError) {
        self.path = path
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait forever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ModelFileError(path, reason(of: "open")) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ModelFileError(path, reason(of: "fstat")) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ModelFileError(path, "not a regular file") }
        guard status.st_size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw ModelFileError(path, reason(of: "mmap")) }
        bytes = UnsafeRawBufferPointer(start: address, count: Int(status.st_size))
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }

    /// Whether there is something at `path` at all, be it readable or not.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

private func reason(of call: String) -> String { "\(call): \(String(cString: strerror(errno)))" }
