import Contract
import Glibc
import TestSupport
import Testing

@testable import Engine

@Suite struct `A sampler` {
    private func distribution(
        _ logits: [Float],
        history: [TokenID] = [],
        _ change: (inout Sampling) -> Void = { _ in }
    ) throws -> [(TokenID, Double)] {
        var sampling = Sampling()
        change(&sampling)
        return try Sampler.distribution(logits: logits, history: history, sampling: sampling)
    }

    private func draw(_ logits: [Float], _ sampling: Sampling, position: UInt32 = 0) throws -> TokenID {
        var sampler = Sampler()
        var row = logits
        let counts = TokenCounts(prompt: [], sampling: sampling)
        return try sampler.choose(
            from: &row,
            at: 0..<row.count,
            after: counts,
            position: position,
            sampling: sampling
        )
    }

    @Test func `is greedy at temperature 0, and takes the lowest id of equal ones`() throws {
        let only = try distribution([1, 3, 2, 3]) { $0.temperature = 0 }
        #expect(only.map(\.0) == [1])
        #expect(only.map(\.1) == [1])
    }

    @Test func `ranks equal logits by id`() throws {
        #expect(try distribution([0, 1, -0.0, 1, 0]).map(\.0) == [1, 3, 0, 2, 4])
        #expect(try distribution([0, 1, -0.0, 1, 0]) { $0.topK = 3 }.map(\.0) == [1, 3, 0])
    }

    @Test func `never draws a masked token`() throws {
        #expect(try distribution([-.infinity, 1, -.infinity, 1]).map(\.0) == [1, 3])
    }

    @Test func `keeps one token however narrow the filters are`() throws {
        #expect(try distribution([1, 2]) { $0.topP = 0 }.map(\.0) == [1])
        #expect(try distribution([1, 2]) { $0.minP = 5 }.map(\.0) == [1])
        #expect(try distribution([1, 2]) { $0.temperature = .leastNonzeroMagnitude }.map(\.1) == [1, 0])
    }

    @Test(arguments: [Float.nan, .infinity]) func `refuses a broken row instead of trapping`(
        value: Float
    ) throws {
        #expect(throws: SamplingError.brokenLogit(token: 1)) { try distribution([0, value, 1]) }
        #expect(throws: SamplingError.brokenLogit(token: 1)) {
            try distribution([0, value, 1]) { $0.temperature = 0 }
        }
        #expect(throws: SamplingError.nothingLeft) { try distribution([-.infinity]) }
        #expect(throws: SamplingError.nothingLeft) { try distribution([]) }
    }

    @Test func `lets presence and frequency look at what was generated, repetition at the prompt too`() throws
    {
        var sampling = Sampling()
        sampling.repetitionPenalty = 2
        sampling.presencePenalty = 0.5
        sampling.frequencyPenalty = 0.25
        sampling.temperature = 1
        var counts = TokenCounts(prompt: [0, 1], sampling: sampling)
        counts.note(1)
        counts.note(1)
        counts.note(2)
        var row: [Float] = [4, 4, -1, 4]
        var sampler = Sampler()
        _ = try sampler.choose(from: &row, at: 0..<4, after: counts, position: 0, sampling: sampling)
        #expect(row == [2, 2 - 0.5 - 0.5, -2 - 0.5 - 0.25, 4])
    }

    @Test func `ignores bias and history outside the vocabulary`() throws {
        let plain = try distribution([1, 2])
        let odd = try distribution([1, 2], history: [9, .max]) {
            $0.bias = [TokenBias(token: 2, bias: 50), TokenBias(token: .max, bias: 1)]
            $0.frequencyPenalty = 1
        }
        #expect(odd.map(\.1) == plain.map(\.1))
    }

    @Test func `keeps what is typical, neither the likeliest nor the unlikely`() throws {
        // Entropy 1.28: the surprises are 0.69, 1.61, 1.61 and 2.30.
        let logits = [0.5, 0.2, 0.2, 0.1].map { Float(log($0)) }
        #expect(try distribution(logits) { $0.typicalP = 0.2 }.map(\.0) == [1, 2])
        #expect(try distribution(logits) { $0.typicalP = 0.5 }.map(\.0) == [0, 1, 2])
        #expect(try distribution(logits) { $0.typicalP = 0.95 }.map(\.0) == [0, 1, 2, 3])
        #expect(try distribution(logits) { $0.typicalP = 0 }.count == 2)
        #expect(try distribution([1]) { $0.typicalP = 0.1 }.map(\.1) == [1])
    }

    @Test func `keeps to the allowed tokens, whatever their bias`() throws {
        let some = try distribution([1, 2, 3, 4]) {
            $0.allowedTokens = [0, 2, 9]
            $0.bias = [TokenBias(token: 3, bias: 100)]
        }
        #expect(some.map(\.0) == [2, 0])
        #expect(throws: SamplingError.nothingLeft) { try distribution([1]) { $0.allowedTokens = [5] } }
    }

    @Test func `draws as often as the probabilities say`() throws {
        let logits: [Float] = [0, 1, 2, -1]
        let expected = try distribution(logits)
        var counts = Array(repeating: 0, count: 4)
        var sampling = Sampling()
        sampling.seed = 0xDEAD_BEEF_0123_4567
        for position in 0..<20_000 as Range<UInt32> {
            counts[Int(try draw(logits, sampling, position: position))] += 1
        }
        for (id, probability) in expected {
            #expect(abs(Double(counts[Int(id)]) / 20_000 - probability) < 0.02, "token \(id): \(counts)")
        }
    }

    @Test func `draws anew for each seed, choice and position, and the same again for the same`() throws {
        let logits = (0..<64).map { Float($0 % 7) * 0.1 }
        func stream(_ seed: UInt64, _ choice: UInt32) throws -> [TokenID] {
            var sampling = Sampling()
            (sampling.seed, sampling.choice) = (seed, choice)
            return try (0..<32).map { try draw(logits, sampling, position: $0) }
        }
        let streams = try [stream(1, 0), stream(1, 1), stream(2, 0), stream(1 << 32, 0)]
        #expect(Set(streams).count == 4)
        #expect(try stream(1, 1) == streams[1])
        #expect(Set(streams[0]).count > 8)
    }

    /// The bands of the ranking must not be seen: a plain sort of the whole row is the reference.
    @Test func `draws what a plain sort would draw`() throws {
        for seed in 0..<400 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let spread = Float.random(in: 0.1...40, using: &random)
            var logits = (0..<Int.random(in: 1...300, using: &random)).map { _ in
                (Float.random(in: -1...1, using: &random) * spread * 8).rounded() / 8
            }
            var sampling = Sampling()
            sampling.seed = seed
            sampling.temperature = Float.random(in: 0.05...3, using: &random)
            if Bool.random(using: &random) { sampling.topK = UInt32.random(in: 0...80, using: &random) }
            if Bool.random(using: &random) { sampling.topP = Float.random(in: 0.01...1, using: &random) }
            if Bool.random(using: &random) { sampling.minP = Float.random(in: 0...0.5, using: &random) }
            // Scores that differ, so that no two tokens are equally typical.
            let isTypical = seed % 4 == 0
            if isTypical {
                for index in logits.indices { logits[index] += Float(index) * 0.00317 }
                sampling.typicalP = Float.random(in: 0.05...0.95, using: &random)
            }
            let reference = Reference(logits, sampling)
            let ours = try Sampler.distribution(logits: logits, history: [], sampling: sampling)
            try #require(ours.map(\.0) == reference.ids, "seed \(seed)")
            for (mine, theirs) in zip(ours.map(\.1), reference.probabilities) {
                try #require(abs(mine - theirs) < 1e-12, "seed \(seed)")
            }
            try #require(draw(logits, sampling, position: 5) == reference.draw(position: 5), "seed \(seed)")
        }
    }
}

/// The filters written the long way.
private struct Reference {
    var ids: [TokenID]
    var probabilities: [Double]
    private let sampling: Sampling

    init(_ logits: [Float], _ sampling: Sampling) {
        self.sampling = sampling
        let best = logits.max() ?? 0
        var kept = logits.enumerated().map { (TokenID($0.offset), $0.element) }
        kept.sort { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
        if sampling.topK > 0 { kept = Array(kept.prefix(Int(sampling.topK))) }
        var weights = kept.map { exponential((Double($0.1) - Double(best)) / Double(sampling.temperature)) }
        if sampling.topP < 1 {
            let total = weights.reduce(0, +)
            var sum = 0.0
            let count = weights.firstIndex {
                sum += $0
                return sum >= Double(sampling.topP) * total
            }
            weights = Array(weights.prefix((count ?? weights.count) + 1))
        }
        weights = weights.filter { $0 >= Double(sampling.minP) }
        let total = weights.reduce(0, +)
        var rest = zip(kept, weights).map { (id: $0.0, probability: $1 / total) }
        if sampling.typicalP < 1 {
            // By the book: the distance of -log p to the entropy, until the sum reaches the share.
            let entropy = rest.reduce(0) { $0 - $1.probability * log($1.probability) }
            let byDistance = rest.indices.sorted {
                let left = abs(-log(rest[$0].probability) - entropy)
                let right = abs(-log(rest[$1].probability) - entropy)
                return (left, $0) < (right, $1)
            }
            var sum = 0.0
            var typical: Set<Int> = []
            for index in byDistance where sum < Double(sampling.typicalP) || typical.isEmpty {
                typical.insert(index)
                sum += rest[index].probability
            }
            rest = rest.indices.filter(typical.contains).map { rest[$0] }
        }
        ids = rest.map(\.id)
        let left = rest.reduce(0) { $0 + $1.probability }
        probabilities = rest.map { $0.probability / left }
    }

    func draw(position: UInt32) -> TokenID? {
        let key = (UInt32(truncatingIfNeeded: sampling.seed), UInt32(sampling.seed >> 32))
        let target = Philox(key: key).uniform(at: (position, 0, sampling.choice, 0))
        var sum = 0.0
        let rank = probabilities.firstIndex {
            sum += $0
            return sum > target
        }
        return ids[rank ?? ids.count - 1]
    }
}
