/// The bytes of replies that have not left yet.
///
/// Everything that a turn produced lies in one piece, so it leaves in one system call.
struct OutputBuffer {
    var bytes: [UInt8] = []
    private var sentCount = 0

    /// How many bytes wait.
    var count: Int { bytes.count - sentCount }

    var isEmpty: Bool { count == 0 }

    /// Hands the waiting bytes to `send`, which says how many it took, or passes on what is not positive.
    mutating func drain(_ send: (UnsafeRawBufferPointer) -> Int) -> Int {
        let taken = bytes.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[sentCount...])) }
        guard taken > 0 else { return taken }
        sentCount += taken
        if sentCount == bytes.count {
            // An idle connection keeps a small buffer only.
            bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
            sentCount = 0
        } else if sentCount > bytes.count / 2 {
            // Every byte is moved at most once on average.
            bytes.removeSubrange(0..<sentCount)
            sentCount = 0
        }
        return taken
    }

    /// Appends `data` as one chunk (RFC 9112 7.1); an empty one would end the body and is left out.
    mutating func appendChunk(_ data: UnsafeBufferPointer<UInt8>) {
        guard !data.isEmpty else { return }
        bytes.append(contentsOf: String(data.count, radix: 16).utf8)
        bytes.append("\r\n")
        bytes.append(contentsOf: data)
        bytes.append("\r\n")
    }
}
