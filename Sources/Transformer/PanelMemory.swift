internal import Glibc

/// Memory for one matrix in panels; it never moves.
final class PanelMemory {
    /// Where the system may put large pages, so that a walk through the weights misses the page tables less.
    private static let largePage = 2 << 20

    struct Failure: Error {
        var code: Int32
    }

    let start: UnsafeMutablePointer<UInt8>
    private let byteCount: Int

    init(byteCount: Int) throws(Failure) {
        self.byteCount = byteCount
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else { throw Failure(code: errno) }
        if byteCount >= Self.largePage { madvise(address, byteCount, MADV_HUGEPAGE) }
        start = address.bindMemory(to: UInt8.self, capacity: byteCount)
    }

    deinit { munmap(start, byteCount) }
}
