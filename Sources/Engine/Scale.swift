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

    func weight(of score: Float) -> Double {
        exponential((Double(score) - Double(best)) * inverseTemperature)
    }

    /// The weight of a whole row: token i goes to sum i modulo 8, and the eight sums are added from 0 to 7.
    func weight(ofAll scores: Span<Float>) -> Double {
        var sums = SIMD8<Double>(repeating: 0)
        let whole = scores.count & ~7
        for index in stride(from: 0, to: whole, by: 8) {
            var x = (SIMD8<Double>(scores.vector8(at: index)) - Double(best)) * inverseTemperature
            // What lies below the floor weighs next to nothing beside the likeliest token's 1.
            x.replace(with: exponentialFloor, where: x .< exponentialFloor)
            sums += exponential(x)
        }
        for index in whole..<scores.count { sums[index & 7] += weight(of: scores[index]) }
        return sums.indices.reduce(0) { $0 + sums[$1] }
    }
}
