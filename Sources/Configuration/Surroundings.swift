internal import Glibc
internal import JSON

/// What a configuration depends on besides the command line: variables, files and the machine.
public struct Surroundings: Sendable {
    public var variable: @Sendable (String) -> String?
    public var file: @Sendable (String) throws(UsageError) -> [UInt8]
    public var processorCount: Int
    /// Memory that the processes here may use together.
    public var memoryByteCount: Int
    public var hostName: String
    public var processID: Int32

    public init(
        variable: @escaping @Sendable (String) -> String?,
        file: @escaping @Sendable (String) throws(UsageError) -> [UInt8],
        processorCount: Int,
        memoryByteCount: Int,
        hostName: String,
        processID: Int32
    ) {
        self.variable = variable
        self.file = file
        self.processorCount = processorCount
        self.memoryByteCount = memoryByteCount
        self.hostName = hostName
        self.processID = processID
    }

    /// Those of this process.
    public static var current: Surroundings {
        Surroundings(
            variable: { name in getenv(name).map { String(cString: $0) } },
            file: readFile,
            processorCount: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memoryByteCount: readMemoryByteCount(),
            hostName: readHostName(),
            processID: getpid()
        )
    }
}

/// What the machine has, or less where a container's limit says so.
private func readMemoryByteCount() -> Int {
    let pageCount = max(1, sysconf(Int32(_SC_PHYS_PAGES))), pageSize = max(1, sysconf(Int32(_SC_PAGESIZE)))
    let (bytes, overflow) = pageCount.multipliedReportingOverflow(by: pageSize)
    let machine = overflow ? Int.max : bytes
    guard let limit = try? readFile("/sys/fs/cgroup/memory.max") else { return machine }
    let text = String(decoding: limit, as: UTF8.self).prefix { $0.isNumber }
    return min(machine, Int(text) ?? machine)
}

private func readHostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func readFile(_ path: String) throws(UsageError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
        throw UsageError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    // One byte more than is allowed, so that a longer file is seen to be longer.
    var bytes = [UInt8](repeating: 0, count: ConfigFile.limits.bytes + 1)
    var count = 0
    while count < bytes.count {
        let taken = bytes.withUnsafeMutableBytes {
            read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
        }
        if taken < 0 && errno == EINTR { continue }
        guard taken >= 0 else { throw UsageError("cannot read \(path): \(String(cString: strerror(errno)))") }
        guard taken > 0 else { break }
        count += taken
    }
    return Array(bytes.prefix(count))
}
