internal import Contract
internal import Lanes
internal import Ownership
internal import Placement

/// What workers are chosen by.
public enum ChoiceRule: String, CaseIterable, Sendable {
    /// The least time that it costs the fleet, see `WorkerChoice`.
    case leastTime = "ownership"
    /// Whoever has the least to do; to be compared with.
    case leastLoaded = "least-loaded"
    /// Anybody with room; to be compared with.
    case random

    /// Makes all that costs time equal, and what the rule goes by the only difference.
    fileprivate func apply(to candidate: inout WorkerChoice.Candidate, of job: JobID) {
        guard self != .leastTime else { return }
        var plain = WorkerChoice.Candidate(number: candidate.number)
        plain.suitability = candidate.suitability
        plain.displaces = candidate.displaces
        plain.freeTokens = candidate.freeTokens
        plain.streamCount = candidate.streamCount
        if self == .random {
            let mixed = (job.low ^ UInt64(candidate.number)) &* 0x9E37_79B9_7F4A_7C15
            let spread = (mixed ^ (mixed >> 29)) &* 0xBF58_476D_1CE4_E5B9
            plain.streamCount = Int(spread >> 40)
        }
        candidate = plain
    }
}

/// Which worker a job is leased to.
extension CoordinatorRole {
    /// The worker that a job is leased to.
    struct Choice {
        var node: NodeID
        var number: Int
        var displaces: Bool
        /// Tokens of the prompt that it is expected to hold, and to compute.
        var heldTokens: UInt32
        var freshTokens: UInt32
        /// The workers with room, where they are few.
        var roomyWorkers: [Int] = []
    }

    /// With room at more workers than that, nobody takes it from anybody.
    private static let fewWorkers = 4

    /// Among those with room the one where the job costs the least time; nil if there is none.
    func worker(for job: WaitingJob, at now: Instant) -> Choice? {
        let needs = Seat.Needs(
            charge: Charge.estimate(job.submission),
            headroom: queue.headroom(for: job),
            mayDisplace: job.lane == .high && queue.mayDisplace(job.model)
        )
        let seats = seats[job.model]
        var roomy: [(place: Int, room: Seat.Room)] = []
        for place in seats.open {
            guard let room = seats[place].room(for: needs),
                placement.serves(job.model, at: seats[place].node) ?? true
            else { continue }
            roomy.append((place, room))
        }
        guard !roomy.isEmpty else { return nil }
        // Another kind of worker, or the one that the job was lost on, is better than none, after a while.
        let least = now - job.offeredAt > timing.avoidPatience ? WorkerChoice.Suitability.lost : .alike
        let held = rule == .leastTime ? heldTokens(of: job, at: now) : []
        let demand = demand(of: job)
        let rate = bestRate(roomy.lazy.map { seats[$0.place] })
        var choice = WorkerChoice(demand)
        for (place, room) in roomy {
            let suitability = suitability(of: seats[place], for: job)
            guard suitability >= least else { continue }
            let tokens = held.first { $0.worker == seats[place].number }?.tokens ?? 0
            var candidate = seats[place].candidate(
                number: place,
                room,
                heldTokens: min(tokens, demand.promptTokens),
                bestRate: rate
            )
            candidate.suitability = suitability
            rule.apply(to: &candidate, of: job.id)
            choice.consider(candidate)
        }
        return choice.best.map { best in
            var choice = Choice(
                node: seats[best.number].node,
                number: seats[best.number].number,
                displaces: best.displaces,
                heldTokens: UInt32(best.heldTokens),
                freshTokens: UInt32(max(1, demand.promptTokens - best.heldTokens))
            )
            if roomy.count <= Self.fewWorkers {
                choice.roomyWorkers = roomy.map { seats[$0.place].number }
            }
            return choice
        }
    }

    // MARK: Neighbours

    /// The job whose turn it is, or one right behind it of the same tenant whose beginning is there already
    /// while its own is not: what is in memory is used before it is driven out.
    ///
    /// Lanes and tenants pay for whoever goes, so it costs nobody else anything; and who was passed by for a
    /// quantum of tokens is passed by no more.
    mutating func local(
        _ next: WaitingJob,
        _ choice: Choice,
        at now: Instant
    ) -> (WaitingJob, Choice) {
        let isThere = choice.heldTokens >= choice.freshTokens
        guard rule == .leastTime, !isThere, !choice.roomyWorkers.isEmpty, !next.submission.links.isEmpty
        else { return (next, choice) }
        let passed = passedTokens[next.id] ?? 0
        let (ownership, quantum) = (ownership, queue.neighbourTokens)
        let neighbour = queue.neighbour(of: next) { links, tokens in
            // One look tells whether the first half of its prompt is there.
            guard passed + tokens <= quantum, !links.isEmpty else { return false }
            let middle = links[links.count / 2].link
            return ownership.isHeld(middle, byAnyOf: choice.roomyWorkers, at: now)
        }
        guard let neighbour, let other = worker(for: neighbour, at: now),
            other.displaces == choice.displaces, other.heldTokens >= other.freshTokens
        else {
            passedTokens[next.id] = nil
            return (next, choice)
        }
        if passedTokens.count >= limits.jobsPerEdge { passedTokens = [:] }
        passedTokens[next.id] = passed + neighbour.expected.tokens
        return (neighbour, other)
    }

    private func suitability(of seat: Seat, for job: WaitingJob) -> WorkerChoice.Suitability {
        if seat.node == job.submission.avoid { return .lost }
        return job.submission.fingerprint.map { $0 == seat.fingerprint } ?? true ? .alike : .other
    }

    private func demand(of job: WaitingJob) -> WorkerChoice.Demand {
        let scale = promptScales[job.model] ?? 1
        let guessed = Double(job.submission.job.routing.estimatedPromptTokens) * scale
        return WorkerChoice.Demand(
            promptTokens: min(guessed, Double(UInt32.max)) + Double(job.submission.committed.count),
            answerTokens: Double(job.expected.answerTokens)
        )
    }

    private func heldTokens(of job: WaitingJob, at now: Instant) -> [(worker: Int, tokens: Double)] {
        guard !job.submission.links.isEmpty else { return [] }
        var held: [(worker: Int, tokens: Double)] = []
        ownership.forEachHolder(of: job.submission.links, at: now) { held.append(($0, $1)) }
        return held
    }

    /// How fast a worker is taken to be that has measured little: as the fastest of those with room.
    private func bestRate(_ seats: some Sequence<Seat>) -> Double {
        let best = seats.reduce(0) { max($0, $1.load?.promptRate ?? 0) }
        return best > 0 ? Double(best) : WorkerChoice.assumedRate
    }

    /// A job is leased: its worker will hold the prompt.
    mutating func noteChoice(_ choice: Choice, of job: WaitingJob, at now: Instant) {
        let links = job.submission.links
        if choice.heldTokens > 0 {
            counters.predictedHits += 1
            counters.predictedTokens += UInt64(choice.heldTokens)
        }
        guard !links.isEmpty else { return }
        ownership.expect(links, at: choice.number, until: now + timing.expectation)
    }

    // MARK: Seats

    /// Brings up to date what choices go by.
    mutating func refreshSeats() {
        guard !touchedWorkers.isEmpty else { return }
        for node in touchedWorkers { seats.set(workers[node]?.seats(node) ?? [], of: node) }
        touchedWorkers.removeAll(keepingCapacity: true)
    }

    /// Whether the seats are what the workers have told and been given.
    func auditSeats() -> [String] {
        var copy = self
        copy.refreshSeats()
        let kept = copy.seats.byModel
        copy.touchedWorkers = Set(workers.keys)
        copy.refreshSeats()
        return kept == copy.seats.byModel ? [] : ["seats \(kept) should be \(copy.seats.byModel)"]
    }
}
