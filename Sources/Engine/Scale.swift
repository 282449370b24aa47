/// Turns the scores of one row into weights: `e^((score - best) / temperature)`, so that the likeliest token
/// weighs 1 and nothing can overflow.
struct Scale {
    let best: Float
    private let inverseTemperature: Double

    /// `temperature` is above 0.
    init(best: Float, temperature: Float) {
        self.best = best
        inverseTemperature = 1 / Double(temperature)
    }

    @inline(__always)
    func weight(of score: Float) -> Double {
        exponential((Double(score) - Double(best)) * inverseTemperature)
    }

    /// The weight of a whole row: token i goes to sum i modulo 8, and the eight sums are added from 0 to 7.
    func weight(ofAll scores: Span<Float>) -> Double {
        var sums: [8 of Double] = [0, 0, 0, 0, 0, 0, 0, 0]
        let whole = scores.count & ~7
        var index = 0
        while index < whole {
            for lane in 0..<8 { sums[lane] += weight(of: scores[index + lane]) }
            index += 8
        }
        while index < scores.count {
            sums[index & 7] += weight(of: scores[index])
            index += 1
        }
        var total = 0.0
        for lane in 0..<8 { total += sums[lane] }
        return total
    }
}
