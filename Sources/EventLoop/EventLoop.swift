internal import CLinux
public import Contract
internal import Glibc

/// One thread's epoll loop: file descriptors, timers, and work for the end of the turn.
///
/// Everything on it belongs to the thread that calls `run`; it is deliberately not `Sendable`. Other threads
/// reach it by a `Mailbox` only. A turn is: wait, timers, ready descriptors, deferred work. Deferred work is
/// where writes are coalesced: whatever a turn produced for one connection leaves in one system call.
public final class EventLoop {
    /// What to be told of about a descriptor, level-triggered.
    ///
    /// A hang-up and an error are always reported.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let read = Interest(rawValue: EPOLLIN.rawValue)
        public static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// The peer closed its sending side.
        ///
        /// Kept on while reading is paused, so that a disconnect is seen.
        public static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
    }

    /// What became true of a descriptor.
    public struct Readiness: Sendable {
        let bits: UInt32

        public var readable: Bool { bits & EPOLLIN.rawValue != 0 }
        public var writable: Bool { bits & EPOLLOUT.rawValue != 0 }
        public var peerClosed: Bool { bits & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue) != 0 }
        public var failed: Bool { bits & EPOLLERR.rawValue != 0 }
    }

    public struct SystemError: Error, CustomStringConvertible {
        public var call: String
        public var code: Int32

        public init(call: String, code: Int32) {
            self.call = call
            self.code = code
        }

        public var description: String { "\(call): \(String(cString: strerror(code)))" }
    }

    private struct Watch {
        var serial: UInt32
        var handler: (Readiness) -> Void
    }

    private let epoll: Int32
    private var watches: [Int32: Watch] = [:]
    private var nextSerial: UInt32 = 0
    private var timers = TimerQueue()
    private var deferred: [() -> Void] = []
    private var running: [() -> Void] = []
    private var stopped = false
    private var ready = [epoll_event](repeating: epoll_event(), count: 256)

    public init() throws(SystemError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError(call: "epoll_create1", code: linux_errno()) }
    }

    deinit { close(epoll) }

    /// The monotonic clock, read afresh.
    public var now: Instant { Self.monotonicNow() }

    /// The same clock for threads without a loop.
    public static func monotonicNow() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Calls `handler` whenever `descriptor` is ready for `interest`, until `unwatch`.
    public func watch(
        _ descriptor: Int32,
        for interest: Interest,
        _ handler: @escaping (Readiness) -> Void
    )
        throws(SystemError)
    {
        nextSerial &+= 1
        var event = epoll_event(events: interest.rawValue, data: tag(descriptor, nextSerial))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw SystemError(call: "epoll_ctl", code: linux_errno())
        }
        watches[descriptor] = Watch(serial: nextSerial, handler: handler)
    }

    /// Changes what a watched descriptor is watched for.
    public func change(_ descriptor: Int32, to interest: Interest) {
        guard let watch = watches[descriptor] else { return }
        var event = epoll_event(events: interest.rawValue, data: tag(descriptor, watch.serial))
        epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
    }

    /// Forgets a descriptor; call it before closing it.
    ///
    /// Readiness already collected in this turn is dropped.
    public func unwatch(_ descriptor: Int32) {
        guard watches.removeValue(forKey: descriptor) != nil else { return }
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Runs `work` once, `delay` from now.
    @discardableResult
    public func schedule(after delay: Duration, _ work: @escaping () -> Void) -> TimerID {
        timers.add(at: now + delay, every: nil, work)
    }

    /// Runs `work` every `interval`, the first time after one interval.
    ///
    /// A late turn does not make up for missed ones.
    @discardableResult
    public func schedule(every interval: Duration, _ work: @escaping () -> Void) -> TimerID {
        timers.add(at: now + interval, every: interval, work)
    }

    public func cancel(_ timer: TimerID) { timers.cancel(timer) }

    /// Runs `work` at the end of this turn, or of the next one if no turn is under way.
    public func atEndOfTurn(_ work: @escaping () -> Void) { deferred.append(work) }

    /// Hands everything that is posted to `mailbox` to `receive`, on this loop's thread, in order.
    public func attach<Element>(
        _ mailbox: Mailbox<Element>,
        _ receive: @escaping ([Element]) -> Void
    )
        throws(SystemError)
    {
        try watch(mailbox.descriptor, for: .read) { _ in receive(mailbox.takeAll()) }
    }

    /// Turns until `stop`.
    public func run() {
        stopped = false
        while !stopped { turn(wait: nil) }
    }

    /// Ends `run` after the current turn.
    public func stop() { stopped = true }

    /// One turn, waiting at most `wait` (nil: until something happens).
    public func turn(wait: Duration?) {
        let count = epoll_wait(epoll, &ready, Int32(ready.count), timeout(atMost: wait))
        let now = now
        while let work = timers.takeDue(at: now) { work() }
        for index in 0..<max(0, Int(count)) {
            let event = ready[index]
            let descriptor = Int32(truncatingIfNeeded: event.data.u64)
            guard let watch = watches[descriptor], UInt64(watch.serial) == event.data.u64 >> 32 else {
                continue
            }
            watch.handler(Readiness(bits: event.events))
        }
        runDeferred()
    }

    private func runDeferred() {
        // Work deferred by deferred work runs in this turn too; `timeout` returns 0 for what is left by a
        // watcher.
        while !deferred.isEmpty {
            swap(&deferred, &running)
            for work in running { work() }
            running.removeAll(keepingCapacity: true)
        }
    }

    private func timeout(atMost wait: Duration?) -> Int32 {
        guard deferred.isEmpty else { return 0 }
        var delay = max(.zero, min(wait ?? .seconds(3600), .seconds(3600)))
        if let next = timers.next { delay = min(delay, max(.zero, next - now)) }
        // Rounded up, so that a timer is due when its turn begins.
        return Int32(clamping: (delay.microseconds + 999) / 1000)
    }

    private func tag(_ descriptor: Int32, _ serial: UInt32) -> epoll_data_t {
        epoll_data_t(u64: UInt64(serial) << 32 | UInt64(UInt32(bitPattern: descriptor)))
    }
}
