internal import Contract

/// How long a connection may take for what it is doing.
///
/// A pure value: moments come in, a verdict comes out.
struct ConnectionClock {
    enum Wait: Equatable {
        /// The next move is ours.
        case none
        case idle
        case head
        case body
        case linger
    }

    private(set) var wait = Wait.none
    private var since = Instant.zero
    private var receivedBytes = 0
    private var stalledSince: Instant?

    /// The client must now do `wait`; saying the same again changes nothing.
    mutating func expect(_ wait: Wait, at now: @autoclosure () -> Instant) {
        guard wait != self.wait else { return }
        self.wait = wait
        receivedBytes = 0
        if wait != .none { since = now() }
    }

    mutating func received(_ byteCount: Int) { receivedBytes &+= byteCount }

    /// A reader that takes nothing is stalled from its last progress on.
    mutating func stalled(madeProgress: Bool, at now: @autoclosure () -> Instant) {
        if madeProgress || stalledSince == nil { stalledSince = now() }
    }

    mutating func unstalled() { stalledSince = nil }

    /// What ran out, if anything did.
    mutating func verdict(at now: Instant, _ limits: HttpLimits) -> HttpCounters.Closing? {
        if let stalledSince, now - stalledSince > limits.stallTime { return .writeStall }
        let elapsed = now - since
        switch wait {
        case .none: return nil
        case .idle: return elapsed > limits.idleTime ? .idleTimeout : nil
        case .head: return elapsed > limits.headTime ? .headTimeout : nil
        case .linger: return elapsed > limits.lingerTime ? .lingerTimeout : nil
        case .body: return bodyVerdict(at: now, elapsed: elapsed, limits)
        }
    }

    /// Each window is judged by itself, so that a fast beginning does not buy a silent hour.
    private mutating func bodyVerdict(
        at now: Instant,
        elapsed: Duration,
        _ limits: HttpLimits
    )
        -> HttpCounters.Closing?
    {
        guard elapsed > limits.bodyWindow else { return nil }
        let (due, overflow) = elapsed.milliseconds.multipliedReportingOverflow(
            by: Int64(limits.bodyBytesPerSecond)
        )
        if overflow || Int64(receivedBytes) < due / 1000 { return .bodyTimeout }
        since = now
        receivedBytes = 0
        return nil
    }
}
