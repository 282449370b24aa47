import Contract
import EventLoop
import Glibc
import Lanes
import Roles

/// A coordinator's role with an edge and workers around it that do nothing but keep it busy.
///
/// Every worker is full. Whenever a job has ended, its worker says so, tells its credit and its load, stores
/// the job's beginnings and drops as many old ones, and is leased the next job; the edge puts up another one.
/// Only what the role itself does is timed, in time of the processor: what other programs take of it does not
/// count.
struct BenchedFleet {
    struct Figures {
        var leaseCount: Int
        var leasesPerSecond: Double
        /// Of the calls that gave leases, in microseconds.
        var median: Double
        var p99: Double
        /// Of all calls.
        var longest: Double
    }

    private struct Worker {
        var link: Link
        var leases: [Lease] = []
        var creditID: UInt64 = 0
        var reports: UInt64 = 0
        var held: [PrefixLink] = []
    }

    private static let model = "model"
    private static let placesPerWorker: UInt32 = 16
    private static let familyCount = 2000
    private static let commonLinks = 12
    private static let ownLinks = 4
    private static let linksPerWorker = 2048
    private static let edgeName = NodeID("edge")

    private let names: [NodeID]
    private let waitingCount: Int
    private var role: CoordinatorRole
    private var edge: Link
    private var workers: [NodeID: Worker] = [:]
    private var jobCount: UInt64 = 0
    private var leaseCount = 0
    private var nextTick = Instant.zero
    private var total = Duration.zero
    private var longest = Duration.zero
    private var decisions: [Duration] = []

    init(workerCount: Int, waitingCount: Int) {
        let now = EventLoop.monotonicNow()
        var lanes = LanePolicy()
        lanes.capacity = waitingCount + workerCount * Int(Self.placesPerWorker)
        var limits = FleetLimits()
        limits.jobsPerEdge = lanes.capacity
        role = CoordinatorRole(epoch: BootEpoch(rawValue: 1 << 40), lanes: lanes, limits: limits, at: now)
        edge = Link(.client, epoch: BootEpoch(rawValue: 2 << 40), at: now)
        names = (0..<workerCount).map { NodeID("worker-\($0)") }
        self.waitingCount = waitingCount
        for (index, name) in names.enumerated() {
            let epoch = BootEpoch(rawValue: UInt64(index + 3) << 40)
            workers[name] = Worker(link: Link(.client, epoch: epoch, at: now))
        }
    }

    var figures: Figures {
        let sorted = decisions.sorted()
        func part(_ percent: Int) -> Double {
            sorted.isEmpty
                ? 0 : Double(sorted[min(sorted.count - 1, sorted.count * percent / 100)].nanoseconds)
        }
        return Figures(
            leaseCount: leaseCount,
            leasesPerSecond: Double(leaseCount) / max(1e-9, total / .seconds(1)),
            median: part(50) / 1000,
            p99: part(99) / 1000,
            longest: Double(longest.nanoseconds) / 1000
        )
    }

    mutating func forgetTimes() {
        (leaseCount, total, longest) = (0, .zero, .zero)
        decisions.removeAll(keepingCapacity: true)
    }

    /// Everybody says hello, and every place is taken.
    mutating func fill() {
        for name in names { say(.hello(Hello(role: .worker, models: [card])), by: name) }
        say(.hello(Hello(role: .edge, tokenEndpoint: "inproc://edge")))
        for name in names {
            report([], of: name)
            tellCredit(of: name, free: Self.placesPerWorker)
        }
        let total = waitingCount + names.count * Int(Self.placesPerWorker)
        for _ in 0..<total { submit() }
    }

    /// Jobs end, worker by worker, until so many have been leased.
    mutating func run(leaseCount wanted: Int) {
        var done = 0
        while done < wanted {
            for name in names where done < wanted {
                finish(at: name)
                submit()
                done += 1
            }
            tick()
        }
    }

    private var card: ModelCard { ModelCard(name: Self.model, contextTokens: 1 << 16) }

    private mutating func finish(at name: NodeID) {
        guard let lease = workers[name]?.leases.first else { return }
        workers[name]?.leases.removeFirst()
        let prompt = lease.submission.job.routing.estimatedPromptTokens
        let outcome = LeaseOutcome(
            .finished,
            promptTokens: prompt,
            generatedTokens: 200,
            cachedTokens: prompt - min(prompt, lease.freshTokens ?? prompt),
            promptMilliseconds: 300,
            answerMilliseconds: 4000
        )
        var changes: [HoldingChange] = []
        for (place, link) in lease.submission.links.enumerated() {
            changes.append(.stored(Holding(link.link, tokens: UInt32(place + 1) * 256)))
            workers[name]?.held.append(link.link)
        }
        let surplus = max(0, (workers[name]?.held.count ?? 0) - Self.linksPerWorker)
        for link in workers[name]?.held.prefix(surplus) ?? [] { changes.append(.dropped(link)) }
        workers[name]?.held.removeFirst(surplus)
        report(changes, of: name)
        say(.done(lease.submission.job.id, lease.submission.attempt, outcome), by: name)
        tellCredit(of: name, free: Self.placesPerWorker - UInt32(workers[name]?.leases.count ?? 0))
        tellLoad(of: name)
    }

    private mutating func tellCredit(of name: NodeID, free: UInt32) {
        workers[name]?.creditID += 1
        let model = ModelCredit(model: Self.model, freeSequences: free, freeTokens: UInt64(free) * 8192)
        let credit = Credit(
            id: workers[name]?.creditID ?? 0,
            includesLeases: workers[name]?.leases.last?.index ?? 0,
            models: [model]
        )
        say(.credit(credit), by: name)
    }

    private mutating func tellLoad(of name: NodeID) {
        let load = ModelLoad(
            model: Self.model,
            promptTokens: 1000 + jobCount % 500,
            emptyTokens: 0,
            promptRate: 2000,
            streamSeconds: 0.001
        )
        let index = workers[name]?.leases.last?.index ?? 0
        say(.workerLoad(WorkerLoad(includesLeases: index, models: [load])), by: name)
    }

    private mutating func report(_ changes: [HoldingChange], of name: NodeID) {
        workers[name]?.reports += 1
        let sequence = workers[name]?.reports ?? 0
        let report = HoldingsReport(sequence: sequence, restarts: sequence == 1, changes: changes)
        say(.holdings(report), by: name)
    }

    private mutating func submit() {
        jobCount += 1
        let id = JobID(high: jobCount, low: jobCount &* 0x9E37_79B9_7F4A_7C15)
        var job = Job(id: id, model: Self.model, prompt: .tokens([1, 2, 3]))
        job.limits.maxTokens = 256
        job.routing.tenant = "tenant-\(jobCount % 20)"
        job.routing.estimatedPromptTokens = UInt32(256 * (Self.commonLinks + Self.ownLinks))
        var submission = Submission(job: job, attempt: .first)
        let family = id.low % UInt64(Self.familyCount)
        submission.links = (0..<Self.commonLinks + Self.ownLinks).map { place in
            let owner = place < Self.commonLinks ? family : jobCount &+ 1 << 32
            return PromptLink(
                PrefixLink(high: owner &* 0xD605_BBB5_8C8A_BC4D, low: UInt64(place)),
                tokens: UInt32(place + 1) * 256
            )
        }
        say(.submit(submission))
    }

    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    // MARK: Messages

    private mutating func say(_ message: Message) {
        let now = EventLoop.monotonicNow()
        let header: LinkHeader
        if case .hello = message { header = edge.greet(at: now) } else { header = edge.stamp(at: now) }
        deliver(Envelope(header: header, message: message), of: Self.edgeName, at: now)
    }

    private mutating func say(_ message: Message, by name: NodeID) {
        let now = EventLoop.monotonicNow()
        let header: LinkHeader?
        if case .hello = message {
            header = workers[name]?.link.greet(at: now)
        } else {
            header = workers[name]?.link.stamp(at: now)
        }
        guard let header else { return }
        deliver(Envelope(header: header, message: message), of: name, at: now)
    }

    private mutating func deliver(_ envelope: Envelope, of node: NodeID, at now: Instant) {
        let before = Self.processorTime()
        role.receive(node, envelope, at: now)
        let effects = role.takeEffects()
        count(Self.processorTime() - before, hear(effects, at: now))
    }

    /// As the coordinator's host does, every 50 ms; the peers say that they live.
    private mutating func tick() {
        let now = EventLoop.monotonicNow()
        guard now >= nextTick else { return }
        nextTick = now + .milliseconds(50)
        let before = Self.processorTime()
        role.tick(at: now)
        let effects = role.takeEffects()
        count(Self.processorTime() - before, hear(effects, at: now))
    }

    private mutating func count(_ time: Duration, _ leases: Int) {
        total += time
        longest = max(longest, time)
        leaseCount += leases
        if leases > 0 { decisions.append(time) }
    }

    /// Returns how many leases there were.
    private mutating func hear(_ effects: [CoordinatorRole.Effect], at now: Instant) -> Int {
        var count = 0
        for case .send(let node, let envelope) in effects {
            var opens = false
            if case .welcome = envelope.message { opens = true }
            if node == Self.edgeName {
                _ = edge.receive(envelope.header, opens: opens, at: now)
                continue
            }
            _ = workers[node]?.link.receive(envelope.header, opens: opens, at: now)
            guard case .lease(let lease) = envelope.message else { continue }
            workers[node]?.leases.append(lease)
            count += 1
        }
        return count
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
