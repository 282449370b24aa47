import Glibc

/// What other programs take of this machine's processors, from its making until it is asked.
///
/// A measurement with a large share is one of a shared machine.
struct OtherLoad {
    /// Processor time in seconds.
    private struct Times {
        /// All of it, used or not.
        var whole = 0.0
        /// Used by anybody, or taken away by the machine below this one.
        var used = 0.0
        var own = 0.0

        init() {
            let line = (try? TextFile.read("/proc/stat"))?.split(separator: "\n").first ?? ""
            // proc_stat(5): user nice system idle iowait irq softirq steal, in clock ticks.
            let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
            guard ticks.count == 8 else { return }
            let perSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
            whole = ticks.reduce(0, +) / perSecond
            used = whole - (ticks[3] + ticks[4]) / perSecond
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            own = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    }

    /// From here on a measurement is marked.
    static let tolerable = 0.12

    private let start = Times()

    /// From 0 to 1; 0 where the system does not say.
    var share: Double {
        let end = Times()
        let whole = end.whole - start.whole
        guard whole > 0 else { return 0 }
        return min(1, max(0, (end.used - start.used - (end.own - start.own)) / whole))
    }
}
