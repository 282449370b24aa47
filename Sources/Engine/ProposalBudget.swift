/// Decides which guesses are worth their rows in a step.
///
/// A step yields one token for each stream, and a guess as many more as it is likely to be right. It is worth
/// its time if that is more than the step yields in the same time: then the tokens come faster for it. In a
/// large batch, where every row costs its full price, hardly any is.
struct ProposalBudget {
    /// How much more than the step itself a guess has to yield: probabilities and times are estimates.
    private static let caution = 1.2
    /// What a row costs in times of the step while nothing is known.
    private static let assumedPrice = 0.15

    private let forecast: StepForecast
    private let isBlind: Bool
    private(set) var size: StepSize
    private var time: Double
    private var yield: Double

    /// `size` is the step without guesses.
    init(_ size: StepSize, forecast: StepForecast) {
        self.forecast = forecast
        self.size = size
        isBlind = !forecast.isSettled
        time = isBlind ? 1 + Self.assumedPrice * Double(size.rows) : forecast.time(of: size)
        yield = Double(size.streams)
    }

    /// Takes a guess that is right with `probability`, `offset` tokens behind the last of a sequence of which
    /// `computed` are computed, if it is worth it.
    mutating func take(_ probability: Double, computed: Int, offset: Int) -> Bool {
        var larger = size
        larger.addProposal(computed: computed, offset: offset)
        return take(larger, gain: probability)
    }

    /// Takes what makes a step of `larger`, if the tokens that it gains are worth it.
    mutating func take(_ larger: StepSize, gain: Double) -> Bool {
        let price =
            isBlind
            ? Self.assumedPrice * Double(larger.rows - size.rows)
            : max(0, forecast.time(of: larger) - forecast.time(of: size))
        guard gain * time > Self.caution * price * yield else { return false }
        size = larger
        time += price
        yield += gain
        return true
    }
}
