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

    /// Where every waiting job stands, with its edge: by model, jobs of better lanes first, then arrival.
    ///
    /// An estimate for people; the real order also depends on shares. Sorts a few numbers of each job and not
    /// the jobs: with ten thousand of them a millisecond or two.
    public func positions() -> [(edge: NodeID, position: QueuePosition)] {
        var standings: [String: [Standing]] = [:]
        for job in jobs.values { standings[job.model, default: []].append(Standing(job)) }
        var found: [(edge: NodeID, position: QueuePosition)] = []
        found.reserveCapacity(jobs.count)
        for (model, var standings) in standings.sorted(by: { $0.key < $1.key }) {
            standings.sort()
            let rate = rate(of: model)
            var ahead: UInt64 = 0
            for (index, standing) in standings.enumerated() {
                ahead += standing.cost
                let eta = UInt32(min(Double(ahead) / rate * 1000, 86_400_000))
                let position = QueuePosition(
                    job: standing.job,
                    position: UInt32(clamping: index + 1),
                    etaMilliseconds: eta
                )
                found.append((standing.edge, position))
            }
        }
        return found
    }

    /// What a job's place in the queue follows from.
    private struct Standing: Comparable {
        let lane: Lane
        let arrival: Instant
        let serial: UInt64
        let cost: UInt64
        let job: JobID
        let edge: NodeID

        init(_ job: WaitingJob) {
            (lane, arrival, serial, cost) = (job.lane, job.arrival, job.serial, job.cost)
            (self.job, edge) = (job.id, job.edge)
        }

        static func < (left: Standing, right: Standing) -> Bool {
            (left.lane, left.arrival, left.serial) < (right.lane, right.arrival, right.serial)
        }

        static func == (left: Standing, right: Standing) -> Bool { left.serial == right.serial }
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
