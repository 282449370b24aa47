internal import Console

/// How far a pull is, as one line: a bar, what has come, how fast, and how long it will still take.
///
/// Time comes in from outside. The rate is that of the last seconds, so that it follows the network and not
/// the average since yesterday.
public struct PullProgress: Sendable {
    private static let windowSeconds = 10.0
    private static let sampleSeconds = 0.25

    public private(set) var byteCount = 0
    public private(set) var presentBytes = 0
    /// The name of the file whose turn it is.
    private var fileName = ""
    /// When how many bytes had come on the network.
    private var samples: [(seconds: Double, bytes: Int)] = []
    private var receivedBytes = 0

    public init() {}

    /// Takes part in what happens; `now` is the time since the pull began.
    public mutating func take(_ event: PullEvent, at now: Duration) {
        switch event {
        case .planned(_, let byteCount, let presentBytes):
            self.byteCount = byteCount
            self.presentBytes = presentBytes
            sample(now / .seconds(1))
        case .began(let path, _, _): fileName = path.split(separator: "/").last.map(String.init) ?? path
        case .received(let count):
            presentBytes = max(0, presentBytes + count)
            receivedBytes += max(0, count)
            sample(now / .seconds(1))
        case .waiting, .finished, .pausing: break
        }
    }

    /// Bytes per second; nil before there is anything to tell from.
    public var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.seconds - first.seconds >= 0.5 else {
            return nil
        }
        return Double(last.bytes - first.bytes) / (last.seconds - first.seconds)
    }

    /// One line of at most `width` columns.
    public func line(width: Int) -> String {
        let part = byteCount > 0 ? min(1, Double(presentBytes) / Double(byteCount)) : 1
        // Down, so that 100 % means that nothing is missing.
        let percent = String(Int(part * 100))
        var text = String(repeating: " ", count: 3 - percent.count) + percent + " %"
        let tail = "  \(byteText(presentBytes)) of \(byteText(byteCount))" + speed
        let barWidth = min(30, width - text.count - tail.count - 3)
        if barWidth >= 5 {
            let filled = Int(part * Double(barWidth))
            let head = filled < barWidth ? ">" : ""
            let rest = String(repeating: " ", count: barWidth - filled - head.count)
            text += " [" + String(repeating: "=", count: filled) + head + rest + "]"
        }
        text += tail
        let room = width - text.count - 2
        return text.count > width
            ? String(text.prefix(max(0, width))) : room >= 8 ? text + "  " + fileName.prefix(room) : text
    }

    private var speed: String {
        guard let rate, rate > 0 else { return "" }
        let seconds = Double(max(0, byteCount - presentBytes)) / rate
        return "  \(byteText(Int(min(rate, 1e18))))/s  \(timeText(seconds))"
    }

    private mutating func sample(_ seconds: Double) {
        if let last = samples.last, seconds - last.seconds < Self.sampleSeconds, samples.count > 1 {
            samples[samples.count - 1].bytes = receivedBytes
            return
        }
        samples.append((seconds, receivedBytes))
        samples.removeAll { seconds - $0.seconds > Self.windowSeconds }
    }
}

/// `45 s`, `12 min 5 s`, `3 h 10 min`; a day and more are just that.
func timeText(_ seconds: Double) -> String {
    guard seconds < 86400 else { return "over a day" }
    let total = Int(seconds.rounded(.up))
    switch total {
    case ..<60: return "\(total) s"
    case ..<3600: return "\(total / 60) min \(total % 60) s"
    default: return "\(total / 3600) h \(total / 60 % 60) min"
    }
}
