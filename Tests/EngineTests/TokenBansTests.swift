import Contract
import Testing

@testable import Engine

@Suite struct `Banned tokens` {
    private func bans(min: UInt32 = 0, _ words: [[TokenID]] = []) -> TokenBans {
        var limits = JobLimits()
        limits.minTokens = min
        return TokenBans(limits: limits, ends: [9, 3], words: words)
    }

    @Test func `are the ends until enough was generated`() {
        #expect(bans(min: 2).next(after: []) == [3, 9])
        #expect(bans(min: 2).next(after: [1]) == [3, 9])
        #expect(bans(min: 2).next(after: [1, 1]) == [])
        #expect(bans().next(after: []) == [])
    }

    @Test func `are the last tokens of words that would be complete`() {
        let words = bans([[5], [6, 7], [6, 6, 8], []])
        #expect(words.next(after: []) == [5])
        #expect(words.next(after: [6]) == [5, 7])
        #expect(words.next(after: [1, 6, 6]) == [5, 7, 8])
        #expect(words.next(after: [6, 6, 1]) == [5])
    }
}

@Suite struct `A generation with limits of its own` {
    /// Runs and gives what came of it.
    private func run(_ request: GenerationRequest) -> EngineRun.Outcome { EngineRun.alone(request) }

    @Test func `goes on past its end until it has enough tokens`() throws {
        let free = run(request(3, maxTokens: 60))
        let end = try #require(free.ids.dropFirst(3).first)
        func ended(least: UInt32) -> EngineRun.Outcome {
            run(
                request(3, maxTokens: 60) {
                    $0.limits.stopTokens = [end]
                    $0.limits.minTokens = least
                }
            )
        }
        #expect(ended(least: 0).end == .stop(sequence: nil))
        #expect(ended(least: 0).ids.count <= 4)
        let longer = ended(least: 20)
        #expect(longer.ids.count >= 20 && !longer.ids[..<20].contains(end))
    }

    @Test func `takes no notice of a stop text before that`() throws {
        let free = run(request(1, maxTokens: 40) { $0.limits.ignoresEnd = true })
        let text = Array(free.text.unicodeScalars)
        try #require(text.count > 20)
        let stop = String(String.UnicodeScalarView(text[2..<3]))
        func stopped(_ least: UInt32, shows: Bool = false) -> EngineRun.Outcome {
            run(
                request(1, maxTokens: 40) {
                    $0.limits.ignoresEnd = true
                    $0.limits.stop = [stop]
                    $0.limits.minTokens = least
                    $0.output.showsStop = shows
                }
            )
        }
        let early = stopped(0)
        #expect(early.end == .stop(sequence: stop) && !early.text.contains(stop))
        #expect(stopped(0, shows: true).text == early.text + stop)
        let late = stopped(20)
        #expect(late.ids.count >= 20 && late.text.unicodeScalars.starts(with: text[..<12]))
    }

    @Test func `never says a bad word, and is continued as it began`() throws {
        let free = run(request(2, maxTokens: 60) { $0.limits.ignoresEnd = true })
        let word = Array(free.ids[5..<7])
        func change(_ request: inout GenerationRequest) {
            request.limits.ignoresEnd = true
            request.badWords = [word]
        }
        let clean = run(request(2, maxTokens: 60, change))
        for place in 0..<clean.ids.count - 1 { #expect(Array(clean.ids[place..<place + 2]) != word) }
        #expect(clean.ids != free.ids && clean.ids.starts(with: free.ids[..<6]))
        for cut in [1, 6, 30] {
            let rest = run(
                request(2, maxTokens: 60) {
                    change(&$0)
                    $0.committed = Array(clean.ids[..<cut])
                }
            )
            #expect(rest.ids == Array(clean.ids[cut...]))
        }
    }
}
