import Contract
import TestSupport
import Testing

@testable import Engine

@Suite struct `A step pacer` {
    /// What a machine takes for a step, in microseconds.
    struct Machine: Sendable, CustomTestStringConvertible {
        var name: String
        var step = 9_000.0
        var row = 1_900.0
        var logits = 300.0
        /// For 1,024 keys looked at.
        var keys = 800.0
        /// Rows that are computed together; a part of so many costs as much as all of them.
        var tile = 1
        /// Largest relative noise.
        var noise = 0.0

        var testDescription: String { name }

        func time(of size: StepSize, _ random: inout SplitMix64) -> Double {
            let rows = (size.rows + tile - 1) / tile * tile
            let time =
                max(step, row * Double(rows)) + 0.3 * min(step, row * Double(rows))
                + logits * Double(size.wantedRows) + keys * Double(size.attendedTokens) / 1024
            return time * (1 + Double.random(in: -1...1, using: &random) * noise)
        }
    }

    static let machines = [
        Machine(name: "quick", step: 900, row: 150, logits: 30, keys: 60),
        Machine(name: "two cores"),
        Machine(name: "two cores in tiles", tile: 4),
        Machine(name: "two cores with neighbours", noise: 0.15),
        Machine(name: "slow", step: 180_000, row: 40_000, logits: 9_000, keys: 9_000),
        Machine(name: "bound by memory", step: 20_000, row: 100),
        Machine(name: "bound by products", step: 100, row: 5_000),
    ]

    /// A machine with a pacer that has seen a prompt and some tokens.
    struct Run {
        let machine: Machine
        var random: SplitMix64
        var pacer: StepPacer
        var elapsed = 0.0
        var longest = 0.0

        init(_ machine: Machine, seed: UInt64, _ limits: PaceLimits = PaceLimits()) {
            self.machine = machine
            random = SplitMix64(seed: seed)
            pacer = StepPacer(limits)
        }

        mutating func step(_ size: StepSize) {
            let time = machine.time(of: size, &random)
            elapsed += time
            longest = max(longest, time)
            pacer.note(size, took: .microseconds(Int64(time)))
        }

        /// Runs a prompt alone, in large chunks.
        mutating func prompt(_ count: Int, chunk: Int = 256) {
            for start in stride(from: 0, to: count, by: chunk) {
                var size = StepSize()
                let rows = min(chunk, count - start)
                size.addPrompt(rows, computed: start, wanted: start + rows == count ? 1 : 0)
                step(size)
            }
        }

        static func streams(_ count: Int, computed: Int) -> StepSize {
            var size = StepSize()
            for _ in 0..<count { size.addStream(computed: computed) }
            return size
        }

        mutating func decode(_ count: Int, steps: Int, computed: Int = 100) {
            for step in 0..<steps { self.step(Self.streams(count, computed: computed + step)) }
        }

        /// A prompt comes in beside running streams; returns the rows of each step.
        mutating func prompt(_ count: Int, beside streams: Int, waiting: Int = 1) -> [Int] {
            var rows: [Int] = []
            var computed = 0
            while computed < count, rows.count < 2 * count {
                var size = Self.streams(streams, computed: 200)
                let allowed = pacer.promptRows(beside: size, computed: computed, waiting: waiting) ?? 0
                let taken = min(allowed, count - computed)
                if taken > 0 {
                    size.addPrompt(taken, computed: computed, wanted: computed + taken == count ? 1 : 0)
                }
                step(size)
                computed += taken
                rows.append(taken)
            }
            return rows
        }
    }

    @Test(arguments: machines) func `keeps the gap of four streams below twice what it was`(machine: Machine)
    {
        for seed in 1...8 as ClosedRange<UInt64> {
            var run = Run(machine, seed: seed)
            run.prompt(600)
            run.decode(4, steps: 60)
            let normal = run.elapsedPerStep { $0.decode(4, steps: 20) }
            run.longest = 0
            let rows = run.prompt(2000, beside: 4)
            #expect(rows.reduce(0, +) == 2000, "seed \(seed)")
            // A row may cost more than the gap leaves; one has to go all the same.
            let row = machine.row * Double(machine.tile) * 1.3 + machine.logits + machine.keys * 2
            let limit = max(2 * normal, normal + row) * (1 + 2 * machine.noise)
            #expect(run.longest <= limit, "seed \(seed): \(run.longest) against \(normal)")
        }
    }

    @Test func `wastes little: what the gap leaves is used`() {
        for machine in Self.machines.prefix(3) {
            var run = Run(machine, seed: 1)
            run.prompt(600)
            run.decode(4, steps: 60)
            let normal = run.elapsedPerStep { $0.decode(4, steps: 20) }
            let before = run.elapsed
            let rows = run.prompt(2000, beside: 4)
            let mean = (run.elapsed - before) / Double(rows.count)
            #expect(mean >= 1.2 * normal, "\(machine.name): \(mean) against \(normal)")
        }
    }

    @Test func `lets many prompts go before few streams, up to a bearable gap`() {
        var run = Run(Machine(name: "two cores"), seed: 1)
        run.prompt(600)
        run.decode(4, steps: 30)
        run.longest = 0
        let alone = run.prompt(140, beside: 4).count
        #expect(run.longest < 40_000)
        run.longest = 0
        let crowded = run.prompt(140, beside: 4, waiting: 15).count
        #expect(run.longest > 100_000 && run.longest < 300_000, "\(run.longest)")
        #expect(crowded * 4 < alone)
    }

    @Test func `keeps to the gap that it is given`() {
        var limits = PaceLimits()
        limits.longestGap = .milliseconds(80)
        var run = Run(Machine(name: "two cores"), seed: 1, limits)
        run.prompt(600)
        run.decode(4, steps: 30)
        run.longest = 0
        let rows = run.prompt(2000, beside: 4, waiting: 9)
        #expect(run.longest > 60_000 && run.longest < 90_000, "\(run.longest)")
        #expect(rows.count < 120)
    }

    @Test func `gives a row where the streams alone take longer than the gap`() {
        var limits = PaceLimits()
        limits.longestGap = .milliseconds(5)
        var run = Run(Machine(name: "two cores"), seed: 1, limits)
        run.prompt(600)
        run.decode(4, steps: 30)
        #expect(run.prompt(40, beside: 4).allSatisfy { $0 <= 1 })
    }

    @Test func `fills the rows that are computed together`() {
        var run = Run(Machine(name: "two cores in tiles", step: 9_000, row: 900, tile: 4), seed: 1)
        run.prompt(600)
        run.decode(5, steps: 30)
        let rows = run.prompt(200, beside: 5).dropLast()
        #expect(rows.allSatisfy { $0 == 0 || ($0 + 5) % 4 == 0 }, "\(rows)")
    }

    @Test func `remembers what a prompt costs through a long time of decoding`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            var run = Run(Machine(name: "noisy", noise: 0.1), seed: seed)
            run.prompt(600)
            run.decode(4, steps: 30)
            let fresh = run.prompt(100, beside: 4).first ?? 0
            for _ in 0..<10 { run.decode(4, steps: 200) }
            let later = run.prompt(100, beside: 4).first ?? 0
            #expect(later * 2 >= fresh && later <= fresh * 2, "seed \(seed): \(later) after \(fresh)")
        }
    }

    @Test func `is not misled by a step that stood still`() {
        var run = Run(Machine(name: "two cores"), seed: 1)
        run.prompt(600)
        run.decode(4, steps: 60)
        let before = run.pacer.promptRows(beside: Run.streams(4, computed: 200), computed: 0, waiting: 1) ?? 0
        run.pacer.note(Run.streams(4, computed: 200), took: .seconds(3))
        let after = run.pacer.promptRows(beside: Run.streams(4, computed: 200), computed: 0, waiting: 1) ?? 0
        #expect(abs(after - before) <= 1, "\(before), then \(after)")
    }

    @Test func `follows a machine that becomes three times slower`() {
        var run = Run(Machine(name: "two cores"), seed: 1)
        run.prompt(600)
        run.decode(4, steps: 60)
        let slow = Machine(name: "slower", step: 27_000, row: 5_700, logits: 900, keys: 2_400)
        var later = Run(slow, seed: 2)
        later.pacer = run.pacer
        later.decode(4, steps: 100)
        let normal = later.elapsedPerStep { $0.decode(4, steps: 20) }
        _ = later.prompt(40, beside: 4)
        later.longest = 0
        _ = later.prompt(2000, beside: 4)
        #expect(later.longest < 1.75 * normal, "\(later.longest) against \(normal)")
    }

    @Test func `knows nothing before it has seen a prompt and a stream`() {
        var run = Run(Machine(name: "two cores"), seed: 1)
        let streams = Run.streams(1, computed: 10)
        #expect(run.pacer.promptRows(beside: streams, computed: 0, waiting: 1) == nil)
        run.prompt(100)
        #expect(run.pacer.promptRows(beside: streams, computed: 0, waiting: 1) == nil)
        run.decode(1, steps: 1)
        #expect(run.pacer.promptRows(beside: streams, computed: 0, waiting: 1) != nil)
    }
}

extension `A step pacer`.Run {
    mutating func elapsedPerStep(_ steps: (inout Self) -> Void) -> Double {
        let before = elapsed
        steps(&self)
        return (elapsed - before) / 20
    }
}
