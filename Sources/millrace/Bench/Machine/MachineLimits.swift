import CKernels
import Contract
import EventLoop
import Glibc
import JSON
import Synchronization

/// What the processors and the memory of this machine can do at best.
///
/// Other programs that run meanwhile take their part, so that the best of some measurements counts.
struct MachineLimits {
    /// One of them, with one thread and with all.
    struct Limit {
        var name: String
        /// What was used, such as the instructions.
        var means: String
        /// In units of a thousand million a second, by the number of threads.
        var rates: [(threadCount: Int, rate: Double)]

        var best: Double { rates.map(\.rate).max() ?? 0 }
    }

    /// Bytes a second.
    var reading: Limit
    /// Multiplications and additions of floats a second.
    var floats: Limit
    /// The same of bytes, with sums of 32 bits.
    var bytes: Limit
    /// The same with sums of 16 bits, where that is another matter.
    var shorts: Limit?
    /// What other programs took meanwhile.
    let othersShare: Double

    /// Much more than any cache, and in every machine.
    private static let memoryByteCount = 512 << 20
    private static let window = Duration.milliseconds(250)
    private static let repetitionCount = 3

    init(threadCounts: [Int]) throws {
        let others = OtherLoad()
        let memory = try LimitMemory(byteCount: Self.memoryByteCount)
        let measured = { (name: String, work: LimitWork) in
            Limit(
                name: name,
                means: work.instructions ?? "\(Self.memoryByteCount >> 20) MiB",
                rates: try threadCounts.map { ($0, try Self.best(of: work, threadCount: $0)) }
            )
        }
        reading = try measured("memory read", .reading(memory))
        floats = try measured("fp32", .floats)
        bytes = try measured("int8", .bytes)
        if ck_short_limit() != nil { shorts = try measured("int8, 16-bit sums", .shorts) }
        othersShare = others.share
    }

    private static func best(of work: LimitWork, threadCount: Int) throws -> Double {
        try (0..<repetitionCount).map { _ in try rate(of: work, threadCount: threadCount) }.max() ?? 0
    }

    /// The sum of what the threads reach in the same time, in thousand millions a second.
    private static func rate(of work: LimitWork, threadCount: Int) throws -> Double {
        let total = Mutex(0.0)
        let threads = try (0..<threadCount).map { index in
            try LoopThread(name: "limit-\(index)") {
                let began = EventLoop.monotonicNow()
                var amount = 0.0
                var elapsed = Duration.zero
                while elapsed < window {
                    amount += work.run(part: index, of: threadCount)
                    elapsed = EventLoop.monotonicNow() - began
                }
                total.withLock { $0 += amount / (elapsed / .seconds(1)) }
            }
        }
        for thread in threads { thread.join() }
        return total.withLock { $0 } / 1e9
    }

    var all: [Limit] { [reading, floats, bytes] + (shorts.map { [$0] } ?? []) }

    var json: JSONValue {
        var object: JSONObject = ["others_share": .number(othersShare)]
        for limit in all {
            let rates = limit.rates.map { rate -> JSONValue in
                ["threads": .integer(Int64(rate.threadCount)), "giga_per_second": .number(rate.rate)]
            }
            object[limit.name] = ["means": .string(limit.means), "rates": .array(rates)]
        }
        return .object(object)
    }
}

/// What a thread does over and over while it is timed.
private enum LimitWork: Sendable {
    case reading(LimitMemory)
    case floats
    case bytes
    case shorts

    private static let roundCount: UInt64 = 100_000

    private var limit: ck_limit? {
        switch self {
        case .reading: nil
        case .floats: ck_float_limit().pointee
        case .bytes: ck_byte_limit().pointee
        case .shorts: ck_short_limit()?.pointee
        }
    }

    var instructions: String? { limit.map { String(cString: $0.name) } }

    /// Returns how many operations or bytes that were.
    func run(part: Int, of partCount: Int) -> Double {
        if case .reading(let memory) = self { return Double(memory.read(part: part, of: partCount)) }
        guard let limit else { return 0 }
        _ = limit.run(Self.roundCount)
        return Double(Self.roundCount * limit.operations)
    }
}

/// Memory that is there, in pages as large as the system gives them.
private final class LimitMemory: Sendable {
    private let address: UInt
    private let byteCount: Int

    init(byteCount: Int) throws {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED
        else { throw LimitMemoryMissing(byteCount: byteCount) }
        madvise(memory, byteCount, Int32(MADV_HUGEPAGE))
        // Pages that were never written are all the same one.
        memset(memory, 1, byteCount)
        address = UInt(bitPattern: memory)
        self.byteCount = byteCount
    }

    deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), byteCount) }

    /// Reads one of equal parts once.
    func read(part: Int, of partCount: Int) -> Int {
        let size = byteCount / partCount & ~511
        _ = ck_read_bytes(UnsafeRawPointer(bitPattern: address + UInt(part * size)), size)
        return size
    }
}

private struct LimitMemoryMissing: Error, CustomStringConvertible {
    var byteCount: Int

    var description: String { "the system has no \(byteCount >> 20) MiB of memory to measure with" }
}
