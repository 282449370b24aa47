internal import Contract

/// How fast a model serves, smoothed over what was measured lately.
struct ServicePace: Sendable {
    /// Part of a new measurement in the figure.
    private static let novelty = 0.2
    /// Tenants whose answers are remembered.
    private static let tenants = 1024

    /// Of all streams together.
    private(set) var tokensPerSecond: Double?
    /// Seconds from the lease to the first token, by the prompt's tokens, and from there on by the answer's.
    private var prompts = Trend()
    private var answerTimes = Trend()
    private var answers: [String: Double] = [:]

    mutating func note(tokensPerSecond rate: Double) { Self.note(rate, &tokensPerSecond) }

    mutating func note(_ service: Service, _ times: ServiceTimes, of tenant: String) {
        prompts.note(Double(service.freshTokens + service.cachedTokens), times.firstToken / .seconds(1))
        answerTimes.note(Double(service.answerTokens), times.answer / .seconds(1))
        guard service.answerTokens > 0 else { return }
        if answers[tenant] == nil, answers.count >= Self.tenants { answers = [:] }
        var usual = answers[tenant]
        Self.note(Double(service.answerTokens), &usual)
        answers[tenant] = usual
    }

    /// How long a job of a tenant would run; nil while too little was measured.
    ///
    /// As much of its answer counts as its tenant's answers have had so far, and none for a tenant without: a
    /// limit of tokens is no prediction of them.
    func seconds(for service: Service, of tenant: String) -> Double? {
        guard let prompt = prompts.value(at: Double(service.freshTokens)) else { return nil }
        guard answers[tenant] != nil else { return prompt }
        return prompt + (answerTimes.value(at: Double(service.answerTokens)) ?? 0)
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
