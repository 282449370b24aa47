import CKernels
import Glibc

/// Memory that is there, in pages as large as the system gives them.
final class BenchMemory: Sendable {
    private let address: UInt
    private let byteCount: Int

    init(byteCount: Int) throws {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED
        else { throw BenchMemoryMissing(byteCount: byteCount) }
        madvise(memory, byteCount, Int32(MADV_HUGEPAGE))
        // Pages that were never written are all the same one. Repeated, a byte of this value is a small
        // positive number in every type there is.
        memset(memory, 0x2D, byteCount)
        address = UInt(bitPattern: memory)
        self.byteCount = byteCount
    }

    deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), byteCount) }

    /// Reads one of equal parts once; returns how many bytes that were.
    func read(part: Int, of partCount: Int) -> Int {
        let size = byteCount / partCount & ~511
        _ = ck_read_bytes(pointer(at: part * size), size)
        return size
    }

    /// Places belong to whoever the caller gives them to; `offset` is below the number of bytes.
    func pointer(at offset: Int = 0) -> UnsafeMutableRawPointer {
        guard let pointer = UnsafeMutableRawPointer(bitPattern: address + UInt(offset)) else {
            preconditionFailure("mapped memory has an address")
        }
        return pointer
    }

    func floats() -> UnsafeMutablePointer<Float> { pointer().assumingMemoryBound(to: Float.self) }
}

private struct BenchMemoryMissing: Error, CustomStringConvertible {
    var byteCount: Int

    var description: String { "the system has no \(byteCount >> 20) MiB of memory to measure with" }
}
