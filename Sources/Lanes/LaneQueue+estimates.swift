public import Contract

/// How long jobs will wait, as far as was measured.
extension LaneQueue {
    /// What a model served in a second; feeds the waiting times that clients are told.
    ///
    /// Kept for every model that it is told of: whoever measures knows how many there are.
    public mutating func measured(_ model: String, tokensPerSecond: Double) {
        paces[model, default: ServicePace()].note(tokensPerSecond: tokensPerSecond)
    }

    /// What one job took.
    public mutating func measured(
        _ model: String,
        _ service: Service,
        _ times: ServiceTimes,
        of tenant: String
    ) {
        paces[model, default: ServicePace()].note(service, times, of: tenant)
    }

    func rate(of model: String) -> Double { paces[model]?.tokensPerSecond ?? policy.assumedRate }

    /// How long an answer is expected to be that nobody limits.
    func usualAnswer(of tenant: String, _ model: String) -> UInt32 {
        paces[model]?.answerTokens(of: tenant) ?? policy.expectedAnswerTokens
    }

    /// Where every waiting job stands: jobs of better lanes first, then arrival.
    ///
    /// An estimate for people; the real order also depends on shares.
    public func positions() -> [(job: WaitingJob, position: QueuePosition)] {
        var found: [(job: WaitingJob, position: QueuePosition)] = []
        var model: String?
        var ahead: UInt64 = 0
        var position: UInt32 = 0
        for job in waiting {
            if job.model != model { (model, ahead, position) = (job.model, 0, 0) }
            position += 1
            ahead += job.cost
            let milliseconds = Double(ahead) / rate(of: job.model) * 1000
            let eta = UInt32(min(milliseconds, 86_400_000))
            found.append((job, QueuePosition(job: job.id, position: position, etaMilliseconds: eta)))
        }
        return found
    }

    /// Everything that waits: by model, better lanes first, then arrival.
    ///
    /// O(jobs log jobs).
    public var waiting: [WaitingJob] {
        jobs.values.sorted {
            ($0.model, $0.lane, $0.arrival, $0.serial) < ($1.model, $1.lane, $1.arrival, $1.serial)
        }
    }

    /// Seconds until the lanes up to `lane` have been served, for Retry-After: 1 to 300.
    public func secondsToClear(_ model: String, through lane: Lane) -> UInt32 {
        guard let lanes = models[model] else { return 1 }
        let tokens = lanes.lines[...Int(lane.rawValue)].reduce(UInt64(0)) { $0 + $1.tokens }
        return Self.patience(Double(tokens) / rate(of: model))
    }

    private static func patience(_ seconds: Double) -> UInt32 {
        UInt32(min(300, max(1, seconds.rounded(.up))))
    }

    /// Why a job cannot be done in time; nil where it can, or where too little was measured to say no.
    func lateness(of job: WaitingJob, at now: Instant) -> Refusal? {
        guard let deadline = job.deadline, let pace = paces[job.model], let rate = pace.tokensPerSecond,
            let run = pace.seconds(for: job.expected, of: job.tenant)
        else { return nil }
        let wait = (models[job.model]?.tokensAhead(of: job, policy) ?? 0) / rate
        let left = max(.zero, deadline - now) / .seconds(1)
        guard wait + run > left else { return nil }
        let detail =
            "the time limit of \(Self.seconds(left)) s cannot be met: about \(Self.seconds(wait)) s of"
            + " waiting and \(Self.seconds(run)) s of computing are expected"
        return Refusal(.deadlineUnreachable, detail, retryAfterSeconds: Self.patience(wait + run - left))
    }

    /// With one decimal.
    private static func seconds(_ value: Double) -> String {
        let tenths = Int(min(value * 10, 1e9).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
