internal import Glibc

/// How much memory a model may take on this machine: what the system can make free, and what the process's
/// control group still allows.
public struct MachineMemory: Hashable, Sendable {
    /// Nil where neither says anything.
    public var availableBytes: Int?

    /// `MemAvailable` of /proc/meminfo, in kibibytes there; nil where it is absent.
    static func available(meminfo text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let words = line?.split(separator: " ") ?? []
        guard words.count == 3, words[2] == "kB", let count = Int(words[1]), count >= 0 else { return nil }
        return product(count, 1024)
    }

    /// The paths of a process's groups by /proc/self/cgroup: the one of version 2 and that of the memory
    /// controller of version 1.
    static func groups(_ text: String) -> (unified: String?, memory: String?) {
        var unified: String?
        var memory: String?
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[0] == "0" && parts[1].isEmpty { unified = String(parts[2]) }
            if parts[1].split(separator: ",").contains("memory") { memory = String(parts[2]) }
        }
        return (unified, memory)
    }

    /// What a group may still take: its limit less what it has and cannot give back; nil without a limit.
    static func headroom(limit: String?, usage: String?, stat: String?) -> Int? {
        guard let limit = number(limit), let usage = number(usage) else { return nil }
        // Version 1 writes "no limit" as the largest multiple of a page.
        guard limit < 1 << 60 else { return nil }
        let names = ["inactive_file ", "total_inactive_file "]
        let lines = (stat ?? "").split(separator: "\n").filter { line in names.contains { line.hasPrefix($0) }
        }
        let cache = lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.max() ?? 0
        return max(0, limit - max(0, usage - max(0, min(cache, usage))))
    }

    public init() {
        var bounds = [Self.available(meminfo: Self.text("/proc/meminfo") ?? "")]
        let groups = Self.groups(Self.text("/proc/self/cgroup") ?? "")
        for folder in Self.upwards(groups.unified, from: "/sys/fs/cgroup") {
            bounds.append(Self.headroom(in: folder, "memory.max", "memory.current"))
        }
        for folder in Self.upwards(groups.memory, from: "/sys/fs/cgroup/memory") {
            bounds.append(Self.headroom(in: folder, "memory.limit_in_bytes", "memory.usage_in_bytes"))
        }
        availableBytes = bounds.compactMap { $0 }.min()
    }

    /// A group and all that it is in; each may set a limit.
    private static func upwards(_ group: String?, from root: String) -> [String] {
        guard let group else { return [] }
        var folders = [root]
        for part in group.split(separator: "/").prefix(64) where part != ".." {
            folders.append((folders.last ?? root) + "/" + part)
        }
        return folders
    }

    private static func headroom(in folder: String, _ limit: String, _ usage: String) -> Int? {
        headroom(
            limit: text("\(folder)/\(limit)"),
            usage: text("\(folder)/\(usage)"),
            stat: text("\(folder)/memory.stat")
        )
    }

    private static func number(_ text: String?) -> Int? {
        text.flatMap { Int($0.filter { !$0.isWhitespace }) }
    }

    private static func text(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
