import CKernels
import JSON

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

    init(threadCounts: [Int]) throws {
        let others = OtherLoad()
        let memory = try BenchMemory(byteCount: Self.memoryByteCount)
        let measured = { (name: String, work: LimitWork) in
            Limit(
                name: name,
                means: work.instructions ?? "\(Self.memoryByteCount >> 20) MiB",
                rates: try threadCounts.map { threadCount in
                    let rate = try ThreadedRate.best(of: work.run, threadCount: threadCount)
                    return (threadCount, rate / 1e9)
                }
            )
        }
        reading = try measured("memory read", .reading(memory))
        floats = try measured("fp32", .floats)
        bytes = try measured("int8", .bytes)
        if ck_short_limit() != nil { shorts = try measured("int8, 16-bit sums", .shorts) }
        othersShare = others.share
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
    case reading(BenchMemory)
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
