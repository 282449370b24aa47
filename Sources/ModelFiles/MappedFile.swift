internal import Glibc

/// A file that can be read like memory, or memory that stands in for a part of one.
///
/// The kernel brings pages in when they are touched, so a model of any size opens in microseconds and its
/// weights are shared with every process that maps the same file. A file that somebody truncates while it is
/// mapped ends the process when a missing page is touched: models are replaced by renaming, never rewritten
/// in place.
public final class MappedFile: @unchecked Sendable {
    // Unchecked because of the pointer: once made, the memory is only read, so all threads may read it.

    public let path: String
    public let bytes: UnsafeRawBufferPointer
    /// Whether there is no file to read again from.
    private let standsIn: Bool

    /// Maps the whole file; anything but a regular file is refused.
    public init(path: String) throws(ModelFileError) {
        self.path = path
        standsIn = false
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

    /// Memory of its own, which `write` fills; errors name the file that it stands in for.
    init(
        standingInFor path: String,
        byteCount: Int,
        write: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(ModelFileError) {
        self.path = path
        standsIn = true
        guard byteCount > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else { throw ModelFileError(path, reason(of: "mmap")) }
        write(UnsafeMutableRawBufferPointer(start: address, count: byteCount))
        bytes = UnsafeRawBufferPointer(start: address, count: byteCount)
    }

    /// Brings a part of the file into memory, as far as the system follows the hint.
    ///
    /// Later reads of it then find it there.
    func populate(_ range: Range<Int>) {
        // Older kernels know the hint only that starts reading and does not wait for it.
        let readsPages: Int32 = 22
        if !advise(range, readsPages) { _ = advise(range, MADV_WILLNEED) }
    }

    /// Lets the system take back the memory of a part that will not be read again soon.
    ///
    /// Nothing is lost: what is read again comes from the file, and memory of its own stays.
    func release(_ range: Range<Int>) {
        guard !standsIn else { return }
        _ = advise(range, MADV_DONTNEED)
    }

    private func advise(_ range: Range<Int>, _ advice: Int32) -> Bool {
        guard let base = bytes.baseAddress, !range.isEmpty else { return true }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = range.lowerBound / page * page
        let address = UnsafeMutableRawPointer(mutating: base + start)
        return madvise(address, range.upperBound - start, advice) == 0
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }

    /// Whether there is something at `path` at all, be it readable or not.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

private func reason(of call: String) -> String { "\(call): \(String(cString: strerror(errno)))" }
