internal import CKernels

/// Turns the scores of one row into weights: `e^((score - best) / temperature)`.
///
/// The likeliest token weighs 1, so nothing can overflow.
struct Scale {
    let best: Float
    private let inverseTemperature: Double

    /// `temperature` is above 0.
    init(best: Float, temperature: Float) {
        self.best = best
        inverseTemperature = 1 / Double(temperature)
    }

    /// How much less likely than the likeliest, in natural units.
    func surprise(of score: Float) -> Double { (Double(best) - Double(score)) * inverseTemperature }

    func weight(of score: Float) -> Double {
        exponential((Double(score) - Double(best)) * inverseTemperature)
    }

    /// The weight of a whole row: token i goes to sum i modulo 8, and the eight sums are added from 0 to 7.
    ///
    /// What lies far below the likeliest token's 1 weighs next to nothing, not nothing.
    func weight(ofAll scores: Span<Float>) -> Double {
        var sums = InlineArray<8, Double>(repeating: 0)
        let whole = scores.count & ~7
        scores.withUnsafeBufferPointer { scores in
            guard let start = scores.baseAddress else { return }
            var span = sums.mutableSpan
            span.withUnsafeMutableBufferPointer { sums in
                guard let sums = sums.baseAddress else { return }
                ck_scores_fastest().pointee.weigh(start, whole, Double(best), inverseTemperature, sums)
            }
        }
        for index in whole..<scores.count { sums[index & 7] += weight(of: scores[index]) }
        return sums.indices.reduce(0) { $0 + sums[$1] }
    }
}
