import Glibc

/// What figures depend on besides the program.
struct MachineFacts {
    var processor: String
    var processorCount: Int

    init() {
        processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let lines = (try? TextFile.read("/proc/cpuinfo"))?.split(separator: "\n") ?? []
        let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":", maxSplits: 1).last
        processor = name.map { String($0.drop { $0 == " " }) } ?? "unknown CPU"
    }
}

/// How many files and sockets this process may have open.
enum DescriptorLimit {
    struct TooLow: Error, CustomStringConvertible {
        var wanted: UInt
        var most: UInt

        var description: String {
            "\(wanted) open files are needed, but the system allows this process \(most) (ulimit -Hn)"
        }
    }

    static func raise(to count: UInt) throws {
        var limit = rlimit()
        guard getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < count else { return }
        guard limit.rlim_max >= count else { throw TooLow(wanted: count, most: limit.rlim_max) }
        limit.rlim_cur = count
        setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
    }
}
