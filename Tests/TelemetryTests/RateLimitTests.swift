import Contract
import Telemetry
import Testing

@Suite struct `A rate limit` {
    private func second(_ number: Int64) -> Instant { Instant(microseconds: number * 1_000_000) }

    @Test func `lets one pass per interval and says how many it held back`() {
        var limit = RateLimit<String>(once: .seconds(60))
        #expect(limit.permit("peer", at: second(0)) == 0)
        #expect(limit.permit("peer", at: second(1)) == nil)
        #expect(limit.permit("peer", at: second(59)) == nil)
        #expect(limit.permit("peer", at: second(60)) == 2)
        #expect(limit.permit("peer", at: second(61)) == nil)
    }

    @Test func `counts every key by itself`() {
        var limit = RateLimit<String>()
        #expect(limit.permit("a", at: second(0)) == 0)
        #expect(limit.permit("b", at: second(0)) == 0)
        #expect(limit.permit("a", at: second(1)) == nil)
    }

    @Test func `remembers no more keys than it was given room for`() {
        var limit = RateLimit<Int>(once: .seconds(60), capacity: 2)
        #expect(limit.permit(1, at: second(0)) == 0)
        #expect(limit.permit(2, at: second(30)) == 0)
        #expect(limit.permit(3, at: second(31)) == nil)
        #expect(limit.permit(3, at: second(60)) == 0)
        #expect(limit.permit(4, at: second(61)) == nil)
        #expect(limit.permit(2, at: second(90)) == 0)
    }
}
