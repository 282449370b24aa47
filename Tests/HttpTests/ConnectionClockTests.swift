import Contract
import Testing

@testable import Http

@Suite struct `A connection's clock` {
    private let limits = HttpLimits()

    private func second(_ seconds: Int64) -> Instant { Instant(microseconds: seconds * 1_000_000) }

    @Test(arguments: [
        (ConnectionClock.Wait.head, 10 as Int64, HttpCounters.Closing.headTimeout),
        (.idle, 75, .idleTimeout), (.linger, 5, .lingerTimeout), (.body, 10, .bodyTimeout),
    ])
    func `runs out just after its limit`(
        wait: ConnectionClock.Wait,
        limit: Int64,
        closing: HttpCounters.Closing
    ) {
        var clock = ConnectionClock()
        clock.expect(wait, at: second(100))
        clock.expect(wait, at: second(105))
        #expect(clock.verdict(at: second(100 + limit), limits) == nil)
        #expect(clock.verdict(at: second(100 + limit) + .microseconds(1), limits) == closing)
        clock.expect(.none, at: second(0))
        #expect(clock.verdict(at: second(10_000), limits) == nil)
    }

    @Test func `judges each stretch of a body by itself`() {
        var clock = ConnectionClock()
        clock.expect(.body, at: second(0))
        clock.received(10_000_000)
        #expect(clock.verdict(at: second(11), limits) == nil)
        clock.received(11 * 1024)
        #expect(clock.verdict(at: second(22), limits) == nil)
        clock.received(11 * 1024 - 1)
        #expect(clock.verdict(at: second(33), limits) == .bodyTimeout)
    }

    @Test func `counts a stall from the reader's last progress`() {
        var clock = ConnectionClock()
        clock.stalled(madeProgress: false, at: second(0))
        clock.stalled(madeProgress: true, at: second(50))
        clock.stalled(madeProgress: false, at: second(100))
        #expect(clock.verdict(at: second(110), limits) == nil)
        #expect(clock.verdict(at: second(111), limits) == .writeStall)
        clock.unstalled()
        #expect(clock.verdict(at: second(111), limits) == nil)
    }
}
