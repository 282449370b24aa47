/// Frames that wait for a peer, in order and bounded in bytes.
struct Outbox {
    private var frames: [[UInt8]] = []
    private var head = 0
    private(set) var byteCount = 0

    var first: [UInt8]? { head < frames.count ? frames[head] : nil }
    var isEmpty: Bool { first == nil }

    /// False when the frame would take the outbox over `limit`; it is not added then.
    mutating func append(_ frame: [UInt8], limit: Int) -> Bool {
        guard frame.count <= limit - byteCount else { return false }
        frames.append(frame)
        byteCount += frame.count
        return true
    }

    mutating func removeFirst() {
        guard head < frames.count else { return }
        byteCount -= frames[head].count
        frames[head] = []
        head += 1
        // Each frame is moved at most once on average.
        if head * 2 > frames.count {
            frames.removeFirst(head)
            head = 0
        }
    }

    mutating func removeAll() { self = Outbox() }
}
