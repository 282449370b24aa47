/// Memory of this process, as the system counts it.
struct ProcessMemory {
    /// In memory now, mapped files included.
    var residentBytes: Int64 = 0
    /// Without mapped files: what this process alone has.
    var ownBytes: Int64 = 0
    /// The most that was ever in memory.
    var peakBytes: Int64 = 0

    init() {
        for line in (try? TextFile.read("/proc/self/status"))?.split(separator: "\n") ?? [] {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, let kilobytes = Int64(words[1]) else { continue }
            switch words[0] {
            case "VmRSS:": residentBytes = kilobytes << 10
            case "RssAnon:": ownBytes = kilobytes << 10
            case "VmHWM:": peakBytes = kilobytes << 10
            default: continue
            }
        }
    }
}
