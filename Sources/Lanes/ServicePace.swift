internal import Contract

/// How fast a model serves, smoothed over what was measured lately.
struct ServicePace: Sendable {
    /// Part of a new measurement in the figure.
    private static let novelty = 0.2
    /// Tenants whose answers are remembered.
    private static let tenants = 1024

    /// Of all streams together.
    private(set) var tokensPerSecond: Double?
    /// What one stream takes.
    private(set) var secondsPerPromptToken: Double?
    private(set) var secondsPerAnswerToken: Double?
    private var answers: [String: Double] = [:]

    mutating func note(tokensPerSecond rate: Double) { Self.note(rate, &tokensPerSecond) }

    mutating func note(_ service: Service, _ times: ServiceTimes, of tenant: String) {
        let prompt = Double(service.freshTokens + service.cachedTokens)
        if prompt > 0 { Self.note(times.firstToken / .seconds(1) / prompt, &secondsPerPromptToken) }
        if service.answerTokens > 1 {
            let answer = Double(service.answerTokens - 1)
            Self.note(times.answer / .seconds(1) / answer, &secondsPerAnswerToken)
        }
        guard service.answerTokens > 0 else { return }
        if answers[tenant] == nil, answers.count >= Self.tenants { answers = [:] }
        var usual = answers[tenant]
        Self.note(Double(service.answerTokens), &usual)
        answers[tenant] = usual
    }

    /// How long a tenant's answers are; nil when it had none.
    func answerTokens(of tenant: String) -> UInt32? {
        answers[tenant].map { UInt32(clamping: Int($0.rounded(.up))) }
    }

    private static func note(_ value: Double, _ figure: inout Double?) {
        guard value.isFinite, value > 0 else { return }
        let before = figure ?? value
        figure = before + novelty * (value - before)
    }
}

/// What a worker measured of one job.
public struct ServiceTimes: Hashable, Sendable {
    /// From the lease to the first token.
    public var firstToken: Duration
    /// From there to the last.
    public var answer: Duration

    public init(firstToken: Duration, answer: Duration) {
        self.firstToken = firstToken
        self.answer = answer
    }
}
