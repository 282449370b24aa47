internal import Contract

/// Tells how long a step will take, from how long others took.
///
/// The time is taken for a sum: so much for any step, for each row, each row of logits, each key looked at,
/// each pass and row of a draft model. A measurement changes every price by a factor, and the more the larger
/// its part of that step was.
///
/// - A machine that slows down makes everything dearer at once: also what was not seen lately.
/// - A minute of plain decoding makes nobody forget what a prompt costs: equal steps move the prices to and
///   fro along one line.
/// - One measurement moves little, however wrong it is: another process may have had the CPU.
///
/// Nothing depends on a clock: durations come from whoever has one.
struct StepForecast: Sendable {
    /// What things cost in rows before anything was measured.
    private static let prior = SIMD8(1, 5, 0.4, 0.3, 0.2, 1, 0, 0)
    private static let keysPerUnit = 1024.0
    /// Part of the error that a measurement takes away.
    private static let rate = 0.15
    /// The same for a kind of step that was not seen lately.
    private static let rateOfRare = 0.4
    private static let lately = 8
    /// Measurements of a kind after which one of them can be taken for an outlier.
    private static let settledCount = 4
    /// How many times too long or too short an outlier counts as.
    private static let surprise = 2.0
    /// The last step of each other kind is gone over again with each measurement, so that all of them
    /// together decide the prices; it counts for less the longer ago it was, and for nothing after so many
    /// steps.
    private static let memory = 64
    private static let replayRate = 0.3
    private static let rounds = 2

    /// Microseconds for one of each feature.
    private var prices = SIMD8<Double>.zero
    private var kinds = Array(repeating: Kind(), count: 8)
    private var noted = 0

    /// What was seen of one kind of step: with and without prompts, streams, proposals.
    private struct Kind: Sendable {
        var count = 0
        /// When, in measurements, and what the last one was.
        var last = 0
        var features = SIMD8<Double>.zero
        var time = 0.0

        mutating func note(_ features: SIMD8<Double>, _ time: Double, at moment: Int) {
            count += 1
            last = moment
            (self.features, self.time) = (features, time)
        }
    }

    private static let promptBit = 1
    private static let streamBit = 2
    private static let proposalBit = 4

    /// Whether it has seen both what a running stream costs and what a prompt does.
    var isSettled: Bool {
        kinds.indices.contains { $0 & Self.streamBit != 0 && kinds[$0].count > 0 }
            && kinds.indices.contains { $0 & Self.promptBit != 0 && kinds[$0].count > 0 }
    }

    /// Expected microseconds; 0 while nothing was measured.
    func time(of size: StepSize) -> Double { (prices * Self.features(of: size)).sum() }

    /// Takes a measurement.
    mutating func note(_ size: StepSize, took duration: Duration) {
        var time = Double(duration.microseconds)
        guard time > 0, size.rows > 0 else { return }
        let features = Self.features(of: size)
        let kind = Self.kind(of: size)
        if noted == 0 { prices = Self.prior * (time / (Self.prior * features).sum()) }
        if kinds[kind].count >= Self.settledCount {
            let expected = self.time(of: size)
            time = min(max(time, expected / Self.surprise), expected * Self.surprise)
        }
        let rate = rate(of: kind)
        noted += 1
        kinds[kind].note(features, time, at: noted)
        for _ in 0..<Self.rounds {
            for other in kinds.indices where other != kind && kinds[other].count > 0 {
                let age = noted - kinds[other].last
                guard age < Self.memory else { continue }
                let fading = 1 - Double(age) / Double(Self.memory)
                approach(kinds[other].time, of: kinds[other].features, by: Self.replayRate * fading)
            }
            approach(time, of: features, by: rate)
        }
    }

    /// Removes a part of the error that the prices have where `features` took `time`.
    private mutating func approach(_ time: Double, of features: SIMD8<Double>, by rate: Double) {
        let parts = prices * features
        let expected = parts.sum()
        guard expected > 0 else { return }
        // With this measure of an error, (1 + error / 2) / (1 - error / 2) is the factor that removes it.
        let error = 2 * (time - expected) / (time + expected)
        let shares = parts / expected
        let half = shares * (rate * error / (shares * shares).sum() / 2)
        let bounded = half.clamped(lowerBound: SIMD8(repeating: -0.9), upperBound: SIMD8(repeating: 0.9))
        prices *= (1 + bounded) / (1 - bounded)
    }

    /// The first measurements of a kind count fully, then as one more of them.
    private func rate(of kind: Int) -> Double {
        let isRare = noted - kinds[kind].last >= Self.lately
        return max(isRare ? Self.rateOfRare : Self.rate, 1 / Double(kinds[kind].count + 1))
    }

    private static func kind(of size: StepSize) -> Int {
        (size.promptRows > 0 ? promptBit : 0) | (size.streams > 0 ? streamBit : 0)
            | (size.isSpeculative ? proposalBit : 0)
    }

    private static func features(of size: StepSize) -> SIMD8<Double> {
        SIMD8(
            Double(size.rows),
            1,
            Double(size.attendedTokens) / keysPerUnit,
            Double(size.wantedRows),
            Double(size.draftRows),
            Double(size.draftPasses),
            0,
            0
        )
    }
}
