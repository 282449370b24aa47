import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Transformer

@Suite struct `The threads of a step` {
    @Test(arguments: [1, 2, 3, 8])
    func `do every piece once, and none before all of the phase before it are done`(count: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        let log = PieceLog(pieceCounts: (0..<60).map { _ in Int.random(in: 0...20, using: &random) })
        let threads = try StepThreads(count: count) { log.run($0, seed: seed) }
        for step in 1...5 {
            threads.run()
            #expect(log.mistakes == 0, "seed \(seed), step \(step)")
            #expect(log.isDone(times: step), "seed \(seed), step \(step)")
        }
    }

    @Test(arguments: [2, 3, 8])
    func `do not wait for one that is held up between two pieces`(count: Int) throws {
        let log = PieceLog(pieceCounts: [1, 7, 0, 100, 3])
        let isOver = Atomic(0)
        let threads = try StepThreads(count: count) { part in
            if part.index == 0 {
                log.run(part, seed: 1)
                isOver.store(1, ordering: .releasing)
            } else {
                while isOver.load(ordering: .acquiring) == 0 { sched_yield() }
                log.run(part, seed: 1)
            }
        }
        threads.run()
        #expect(log.mistakes == 0)
        #expect(log.isDone(times: 1))
    }

    @Test func `can be started and stopped at any time`() throws {
        for round in 0..<100 {
            let log = PieceLog(pieceCounts: [5, 1])
            let threads = try StepThreads(count: 1 + round % 5) { log.run($0, seed: UInt64(round)) }
            for _ in 0..<round % 3 { threads.run() }
            #expect(log.isDone(times: round % 3))
        }
    }

    @Test(arguments: [1, 2, 7])
    func `are all stopped when one of them cannot be started`(failing: Int) throws {
        weak var body: PieceLog?
        do {
            let log = PieceLog(pieceCounts: [1])
            body = log
            let started = Atomic(0)
            #expect(throws: TransformerError.system(call: "pthread_create", code: EAGAIN)) {
                _ = try StepThreads(
                    count: 8,
                    create: { handle, member in
                        if started.add(1, ordering: .relaxed).newValue == failing { return EAGAIN }
                        return startStepThread(handle, member)
                    },
                    body: { log.run($0, seed: 0) }
                )
            }
            #expect(started.load(ordering: .relaxed) == failing)
        }
        #expect(body == nil)
    }
}

/// What the threads of a step have done, piece by piece.
private final class PieceLog: Sendable {
    private let pieceCounts: [Int]
    /// How often each piece was done, phase by phase.
    private let done: [Counter]
    private let starts: [Int]
    private let wrong = Atomic(0)

    private final class Counter: Sendable { let value = Atomic(0) }

    init(pieceCounts: [Int]) {
        self.pieceCounts = pieceCounts
        starts = pieceCounts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        done = (0..<pieceCounts.reduce(0, +)).map { _ in Counter() }
    }

    var mistakes: Int { wrong.load(ordering: .relaxed) }

    func isDone(times: Int) -> Bool { done.allSatisfy { $0.value.load(ordering: .relaxed) == times } }

    /// Gives the CPU away at random.
    func run(_ part: StepPart, seed: UInt64) {
        var random = SplitMix64(seed: seed &+ UInt64(part.index))
        for (phase, count) in pieceCounts.enumerated() {
            part.share(count) { piece in
                if Int.random(in: 0..<4, using: &random) == 0 { sched_yield() }
                let times = done[starts[phase] + piece].value.add(1, ordering: .relaxed).newValue
                for earlier in 0..<starts[phase]
                where done[earlier].value.load(ordering: .relaxed) != times {
                    wrong.add(1, ordering: .relaxed)
                }
                if Int.random(in: 0..<4, using: &random) == 0 { sched_yield() }
            }
        }
    }
}
