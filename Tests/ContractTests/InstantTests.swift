import Contract
import Testing

@Suite struct `An instant` {
    @Test func `moves by a duration and back`() {
        let later = Instant.zero + .milliseconds(1500)
        #expect(later.microseconds == 1_500_000)
        #expect(later - .zero == .milliseconds(1500))
        #expect(.zero - later == .milliseconds(-1500))
        #expect(.zero < later)
    }

    @Test func `saturates instead of overflowing`() {
        #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
        #expect(Instant.zero + .seconds(Int64.max) == .distantFuture)
        #expect(Instant(microseconds: .min) + .seconds(-1) == .zero)
        #expect(Instant.distantFuture - Instant(microseconds: -1) == .microseconds(Int64.max))
        #expect(Instant(microseconds: .min) - Instant(microseconds: 1) == .microseconds(Int64.min))
    }
}

@Suite struct `A duration in whole units` {
    @Test(arguments: [
        (Duration.zero, Int64(0)), (.microseconds(1), 1), (.nanoseconds(1999), 1), (.nanoseconds(-1999), -1),
        (.seconds(3), 3_000_000), (.seconds(Int64.max), Int64.max), (.seconds(Int64.min), Int64.min),
    ])
    func `is rounded toward zero and never overflows`(duration: Duration, microseconds: Int64) {
        #expect(duration.microseconds == microseconds)
        #expect(duration.milliseconds == microseconds / 1000)
    }
}
