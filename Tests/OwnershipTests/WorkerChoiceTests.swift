import Contract
import Ownership
import Testing

@Suite struct `The choice of a worker` {
    private func best(
        _ candidates: [WorkerChoice.Candidate],
        promptTokens: Double = 1000,
        answerTokens: Double = 100
    ) -> Int? {
        var choice = WorkerChoice(.init(promptTokens: promptTokens, answerTokens: answerTokens))
        for candidate in candidates { choice.consider(candidate) }
        return choice.best?.number
    }

    private func candidate(
        _ number: Int,
        _ change: (inout WorkerChoice.Candidate) -> Void = { _ in }
    ) -> WorkerChoice.Candidate {
        var candidate = WorkerChoice.Candidate(number: number)
        candidate.tokensPerSecond = 1000
        change(&candidate)
        return candidate
    }

    @Test func `is none without a candidate`() { #expect(best([]) == nil) }

    @Test func `falls on who holds the beginning`() {
        #expect(best([candidate(0), candidate(1) { $0.heldTokens = 800 }, candidate(2)]) == 1)
    }

    @Test func `leaves the holder when it is busy for longer than computing takes`() {
        let holder = candidate(0) { $0.heldTokens = 800 }
        var busy = holder
        busy.backlogTokens = 1000
        #expect(best([busy, candidate(1)]) == 0)
        busy.backlogTokens = 1300
        #expect(best([busy, candidate(1)]) == 1)
    }

    @Test func `counts the speed of each worker`() {
        #expect(best([candidate(0), candidate(1) { $0.tokensPerSecond = 3000 }]) == 1)
        let slow = candidate(0) {
            $0.heldTokens = 500
            $0.tokensPerSecond = 100
        }
        #expect(best([slow, candidate(1)]) == 1)
    }

    @Test func `counts the time until a model is loaded`() {
        let unloaded = candidate(0) {
            $0.heldTokens = 900
            $0.loadSeconds = 5
        }
        #expect(best([unloaded, candidate(1) { $0.backlogTokens = 2000 }]) == 1)
        #expect(best([unloaded, candidate(1) { $0.backlogTokens = 9000 }]) == 0)
    }

    @Test func `spares beginnings that are used again`() {
        let full = candidate(0) {
            $0.emptyTokens = 0
            $0.reuse = 0.9
        }
        #expect(best([full, candidate(1)]) == 1)
        let useless = candidate(0) { $0.emptyTokens = 0 }
        #expect(best([useless, candidate(1) { $0.backlogTokens = 500 }]) == 0)
    }

    @Test func `fills the memory of workers evenly where nothing else tells them apart`() {
        let fuller = candidate(0) { $0.emptyTokens = 5000 }
        #expect(best([fuller, candidate(1) { $0.emptyTokens = 9000 }]) == 1)
    }

    @Test func `spares streams that run`() {
        let crowded = candidate(0) {
            $0.streamCount = 20
            $0.secondsPerStream = 0.01
        }
        #expect(best([crowded, candidate(1) { $0.backlogTokens = 500 }]) == 1)
    }

    @Test func `goes among nearly equal ones by what they have to do, and then by room`() {
        let first = candidate(0) { $0.streamCount = 2 }
        let second = candidate(1) {
            $0.streamCount = 1
            $0.heldTokens = 5
        }
        #expect(best([first, second]) == 1)
        #expect(best([candidate(0) { $0.freeTokens = 5 }, candidate(1) { $0.freeTokens = 9 }]) == 1)
        #expect(best([candidate(4), candidate(7)]) == 4)
    }

    @Test func `puts exactness before time, and peace before exactness`() {
        let other = candidate(0) {
            $0.suitability = .other
            $0.heldTokens = 1000
        }
        let lost = candidate(1) { $0.suitability = .lost }
        let alike = candidate(2) { $0.backlogTokens = 100_000 }
        #expect(best([other, lost, alike]) == 2)
        #expect(best([other, lost]) == 0)
        var displacing = alike
        displacing.displaces = true
        #expect(best([displacing, lost]) == 1)
    }

    @Test func `does not depend on the order in which they come`() {
        var random = SplitMix(state: 7)
        for _ in 0..<200 {
            let candidates = (0..<8).map { number in
                candidate(number) {
                    $0.heldTokens = Double(random.next() % 5) * 200
                    $0.backlogTokens = Double(random.next() % 5) * 100
                    $0.streamCount = number
                    $0.freeTokens = random.next() % 1000
                }
            }
            #expect(best(candidates) == best(candidates.reversed()))
        }
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
