import Contract
import EventLoop
import Testing

@Suite struct `A timer` {
    @Test func `is due in order of time, and of scheduling where times are equal`() throws {
        let loop = try EventLoop()
        var log: [Int] = []
        loop.schedule(after: .milliseconds(3)) { log.append(4) }
        loop.schedule(after: .zero) { log.append(1) }
        loop.schedule(after: .milliseconds(2)) { log.append(3) }
        loop.schedule(after: .milliseconds(1)) { log.append(2) }
        while log.count < 4 { loop.turn(wait: nil) }
        #expect(log == [1, 2, 3, 4])
    }

    @Test func `is never early`() throws {
        let loop = try EventLoop()
        let due = loop.now + .microseconds(1500)
        var firedAt: Instant?
        loop.schedule(after: .microseconds(1500)) { firedAt = loop.now }
        while firedAt == nil { loop.turn(wait: nil) }
        #expect(try #require(firedAt) >= due)
    }

    @Test func `fires once, or again and again`() throws {
        let loop = try EventLoop()
        var once = 0
        var often = 0
        loop.schedule(after: .zero) { once += 1 }
        loop.schedule(every: .microseconds(100)) { often += 1 }
        while often < 5 { loop.turn(wait: nil) }
        #expect(once == 1)
    }

    @Test func `does not fire when cancelled, not even by one that is due with it`() throws {
        let loop = try EventLoop()
        var log: [String] = []
        var second: TimerID?
        loop.schedule(after: .zero) {
            log.append("first")
            if let second { loop.cancel(second) }
        }
        second = loop.schedule(after: .zero) { log.append("second") }
        let third = loop.schedule(after: .zero) { log.append("third") }
        loop.cancel(third)
        loop.cancel(third)
        var isOver = false
        loop.schedule(after: .milliseconds(1)) { isOver = true }
        while !isOver { loop.turn(wait: nil) }
        #expect(log == ["first"])
    }

    @Test func `can cancel itself`() throws {
        let loop = try EventLoop()
        var count = 0
        var timer: TimerID?
        timer = loop.schedule(every: .microseconds(10)) {
            count += 1
            if count == 2, let timer { loop.cancel(timer) }
        }
        var isOver = false
        loop.schedule(after: .milliseconds(5)) { isOver = true }
        while !isOver { loop.turn(wait: nil) }
        #expect(count == 2)
    }

    @Test func `lets go of its work when cancelled`() throws {
        final class Load {}
        let loop = try EventLoop()
        weak var load: Load?
        let timer: TimerID
        do {
            let held = Load()
            load = held
            timer = loop.schedule(after: .seconds(3600)) { withExtendedLifetime(held) {} }
        }
        #expect(load != nil)
        loop.cancel(timer)
        #expect(load == nil)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `keeps its place among thousands that come and go`(seed: UInt64) throws {
        var state = seed
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        let loop = try EventLoop()
        let start = loop.now
        var fired: [(due: Instant, index: Int)] = []
        var live: [Int: TimerID] = [:]
        for index in 0..<3000 {
            let due = start + .microseconds(random(2000))
            live[index] = loop.schedule(after: due - loop.now) { fired.append((due, index)) }
            if random(3) > 0, let victim = live.keys.min() {
                if let timer = live.removeValue(forKey: victim) { loop.cancel(timer) }
            }
        }
        let expected = Set(live.keys)
        while fired.count < expected.count { loop.turn(wait: nil) }
        #expect(Set(fired.map(\.index)) == expected, "seed \(seed)")
    }
}
