/// Chooses the worker that a job is best put to: the one where it costs the fleet the least time.
///
/// Everything is weighed in predicted seconds, so there is no rate at which one kind of good is exchanged for
/// another. A beginning that a worker holds is worth the time of computing it, and a part of that for those
/// who would have to wait meanwhile: when its holder is busy for longer than that, another worker computes it
/// again and holds it too from then on.
///
/// What comes before all time: whoever need not make a low job stand aside, and then who computes alike.
///
/// The same candidates give the same choice in whatever order they are shown, but for equal ones: of those
/// the first that is shown.
public struct WorkerChoice: Sendable {
    /// How well a worker suits a job, apart from what it costs.
    public enum Suitability: Int, Sendable, Comparable {
        /// The job was lost on it.
        case lost
        /// It computes differently.
        case other
        /// It goes on bit for bit.
        case alike

        public static func < (left: Suitability, right: Suitability) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// What a job will take, as far as can be told.
    public struct Demand: Sendable {
        public var promptTokens: Double
        public var answerTokens: Double

        public init(promptTokens: Double, answerTokens: Double) {
            self.promptTokens = promptTokens
            self.answerTokens = answerTokens
        }
    }

    /// One worker with room for the job.
    public struct Candidate: Sendable {
        /// Which one it is, to whoever asks.
        public var number: Int
        public var suitability = Suitability.alike
        /// Whether a low job has to stand aside.
        public var displaces = false
        /// Tokens of the prompt's beginning that it need not compute, a tier's worth of them.
        public var heldTokens = 0.0
        /// Tokens of other prompts that it computes first.
        public var backlogTokens = 0.0
        /// Of prompts, in a second.
        public var tokensPerSecond = WorkerChoice.assumedRate
        /// Streams that run there or will.
        public var streamCount = 0
        /// By how many seconds one more stream makes each of its steps longer.
        public var secondsPerStream = 0.0
        /// Memory that holds nothing.
        public var emptyTokens = Double.infinity
        /// The part of what is kept there that is used again.
        public var reuse = 0.0
        /// Until it has the model; 0 where that is loaded.
        public var loadSeconds = 0.0
        /// What there is room for.
        public var freeTokens: UInt64 = 0

        public init(number: Int) { self.number = number }
    }

    /// Of prompts in a second, where nobody has measured.
    public static let assumedRate = 1000.0
    /// How much of the time that a worker computes counts for the jobs that come behind.
    private static let workWeight = 0.5
    /// How much of the time that streams lose counts, in proportion to the time of the job itself.
    private static let harmWeight = 0.1
    /// Predictions that differ by less than that are equal: a part of the best one, and a time.
    private static let nearPart = 0.05
    private static let nearSeconds = 0.0005

    private let demand: Demand
    /// Those of the best class, with what they cost.
    private var rivals: [(candidate: Candidate, seconds: Double)] = []
    private var least = Double.infinity

    public init(_ demand: Demand) { self.demand = demand }

    /// What a job costs with this worker, in seconds: until its first token, and of the time of others.
    public func seconds(with candidate: Candidate) -> Double {
        let rate = max(candidate.tokensPerSecond, 1e-3)
        let fresh = max(1, demand.promptTokens - candidate.heldTokens)
        let own = fresh / rate
        let wait = candidate.backlogTokens / rate
        let slowdown = own + demand.answerTokens * candidate.secondsPerStream
        let harm = Self.harmWeight * Double(candidate.streamCount) * slowdown
        let evicted = max(0, fresh + demand.answerTokens - candidate.emptyTokens)
        return wait + own * (1 + Self.workWeight) + harm + evicted * candidate.reuse / rate
            + candidate.loadSeconds
    }

    public mutating func consider(_ candidate: Candidate) {
        if let rival = rivals.first?.candidate {
            let (mine, best) = (Self.rank(candidate), Self.rank(rival))
            if mine < best { return }
            if mine > best {
                rivals.removeAll(keepingCapacity: true)
                least = .infinity
            }
        }
        let seconds = seconds(with: candidate)
        least = min(least, seconds)
        rivals.append((candidate, seconds))
    }

    /// Of those that cost nearly the least the one with the least to do; of those, with the most memory
    /// that holds nothing, and then with the most room.
    public var best: Candidate? {
        let limit = least + max(least * Self.nearPart, Self.nearSeconds)
        var best: Candidate?
        for (candidate, seconds) in rivals where seconds <= limit {
            if let other = best, !Self.isLighter(candidate, than: other) { continue }
            best = candidate
        }
        return best
    }

    private static func rank(_ candidate: Candidate) -> Int {
        (candidate.displaces ? 0 : 4) + candidate.suitability.rawValue
    }

    private static func isLighter(_ left: Candidate, than right: Candidate) -> Bool {
        if left.streamCount != right.streamCount { return left.streamCount < right.streamCount }
        // Memory fills evenly, so that no worker forgets while another one has never held anything.
        if left.emptyTokens != right.emptyTokens { return left.emptyTokens > right.emptyTokens }
        return left.freeTokens > right.freeTokens
    }
}
