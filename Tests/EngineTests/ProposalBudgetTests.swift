import Contract
import TestSupport
import Testing

@testable import Engine

@Suite struct `A proposal budget` {
    /// Rows that a guess with this probability may have behind each of so many streams.
    private func lengths(_ probability: Double, streams: Int, rowPrice: Double) -> Int {
        var forecast = StepForecast()
        for round in 0..<200 {
            var size = StepSize()
            let count = 1 + round % 12
            if round % 3 == 0 {
                size.addPrompt(40 + count * 8, computed: 0, wanted: 1)
            } else {
                for _ in 0..<count { size.addStream(computed: 50) }
            }
            forecast.note(size, took: .microseconds(Int64(10_000 + rowPrice * Double(size.rows))))
        }
        var size = StepSize()
        for _ in 0..<streams { size.addStream(computed: 50) }
        var budget = ProposalBudget(size, forecast: forecast)
        var length = 0
        var likely = 1.0
        while length < 20 {
            likely *= probability
            for _ in 0..<streams where !budget.take(likely, computed: 50, offset: length + 1) {
                return length
            }
            length += 1
        }
        return length
    }

    @Test func `takes more of what is likelier`() {
        let counts = [0.05, 0.3, 0.6, 0.9].map { lengths($0, streams: 1, rowPrice: 1_000) }
        #expect(counts == counts.sorted())
        #expect(counts[0] == 0 && counts[1] >= 1 && counts[3] >= 5, "\(counts)")
    }

    @Test func `takes less in a large batch, where each row costs its price`() {
        let counts = [1, 4, 16].map { lengths(0.7, streams: $0, rowPrice: 2_000) }
        #expect(counts == counts.sorted(by: >), "\(counts)")
        #expect(counts[0] >= 2 && counts[2] == 0, "\(counts)")
    }

    @Test func `takes nearly everything where rows cost nearly nothing`() {
        #expect(lengths(0.8, streams: 4, rowPrice: 5) >= 5)
    }

    @Test func `assumes something while nothing was measured`() {
        var size = StepSize()
        size.addStream(computed: 10)
        var budget = ProposalBudget(size, forecast: StepForecast())
        let taken = [0.6, 0.05].map { budget.take($0, computed: 10, offset: 1) }
        #expect(taken == [true, false])
    }

    @Test func `learns from a sequence what its guesses are worth`() {
        var rate = AcceptanceRate(prior: AcceptanceRate.ofLookup)
        let first = rate.probability(matchCount: 2)
        for _ in 0..<3 { rate.note(acceptedCount: 0, of: 2, matchCount: 2) }
        #expect(rate.probability(matchCount: 2) < 0.5 * first)
        #expect(
            rate.probability(matchCount: 9) == AcceptanceRate.ofLookup[3],
            "other guesses are not judged by it"
        )
        for _ in 0..<20 { rate.note(acceptedCount: 1, of: 1, matchCount: 2) }
        #expect(rate.probability(matchCount: 2) > 0.85)
    }
}
