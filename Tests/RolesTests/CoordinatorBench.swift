import Contract
import Lanes
import Roles
import Testing

/// A coordinator's role with edges and workers played by the test; audited after every event.
struct CoordinatorBench {
    var role: CoordinatorRole
    var now = Instant(microseconds: 5_000_000)
    var peers: [String: Peer] = [:]
    var said: [String: [Message]] = [:]
    private var creditIDs: [String: UInt64] = [:]

    init(
        _ lanes: LanePolicy = LanePolicy(),
        limits: FleetLimits = FleetLimits(),
        secret: [UInt8] = []
    ) {
        role = CoordinatorRole(
            epoch: BootEpoch(rawValue: 1 << 32),
            lanes: lanes,
            limits: limits,
            prefixSecret: secret,
            at: now
        )
    }

    /// A coordinator that has been up for long enough to know its fleet, with one edge.
    static func settled(_ lanes: LanePolicy = LanePolicy()) -> CoordinatorBench {
        var bench = CoordinatorBench(lanes)
        bench.now = bench.now + .seconds(4)
        bench.joinEdge()
        return bench
    }

    mutating func heard(at peer: String = "edge") -> [Message] {
        defer { said[peer] = nil }
        return (said[peer] ?? []).filter { !$0.isHeartbeat }
    }

    mutating func leases(at worker: String) -> [Lease] { heard(at: worker).compactMap(\.asLease) }

    mutating func say(_ message: Message, by peer: String) {
        guard let envelope = peers[peer]?.envelope(message, at: now) else { return }
        role.receive(NodeID(peer), envelope, at: now)
        settle()
    }

    mutating func joinEdge(
        _ edge: String = "edge",
        life: UInt64 = 1,
        holding jobs: [HeldJob] = [],
        secret: [UInt8] = []
    ) {
        enter(edge, life)
        var hello = Hello(role: .edge, tokenEndpoint: "inproc://\(edge)", jobs: jobs)
        hello.prefixSecret = secret
        say(.hello(hello), by: edge)
    }

    /// A worker comes; without `credit` it has none yet.
    mutating func joinWorker(
        _ worker: String,
        life: UInt64 = 1,
        holding jobs: [HeldJob] = [],
        fingerprint: String = "",
        credit: ModelCredit? = nil,
        models: [ModelCard] = [card],
        pool: WorkerPool? = nil
    ) {
        enter(worker, life)
        var hello = Hello(role: .worker, models: models, jobs: jobs, fingerprint: fingerprint, pool: pool)
        if let pool { hello.models = pool.stock.filter(\.state.serves).map(\.card) }
        say(.hello(hello), by: worker)
        if let credit { self.credit(worker, credit.freeSequences, credit.freeTokens) }
    }

    private mutating func enter(_ peer: String, _ life: UInt64) {
        let epoch = life << 16 | UInt64(peer.utf8.last ?? 0)
        guard peers[peer]?.link.stampOutside(at: now).epoch != BootEpoch(rawValue: epoch << 32) else {
            return
        }
        peers[peer] = Peer(.client, epoch: epoch, at: now)
        creditIDs[peer] = 0
    }

    mutating func credit(
        _ worker: String,
        _ sequences: UInt32,
        _ tokens: UInt64 = 10_000,
        includes: UInt64 = 0
    ) {
        creditIDs[worker, default: 0] += 1
        let model = ModelCredit(model: "m", freeSequences: sequences, freeTokens: tokens)
        say(
            .credit(Credit(id: creditIDs[worker] ?? 0, includesLeases: includes, models: [model])),
            by: worker
        )
    }

    mutating func submit(
        _ job: Job,
        _ attempt: Attempt = .first,
        waited: UInt32 = 0,
        remaining: UInt32? = nil,
        avoid: String? = nil,
        fingerprint: String? = nil,
        by edge: String = "edge"
    ) {
        let submission = Submission(
            job: job,
            attempt: attempt,
            remainingMilliseconds: remaining,
            waitedMilliseconds: waited,
            avoid: avoid.map(NodeID.init),
            fingerprint: fingerprint
        )
        say(.submit(submission), by: edge)
    }

    /// Lets time pass in steps of 50 ms; the `talking` peers say that they live.
    mutating func pass(_ span: Duration, talking: [String] = ["edge"]) {
        let until = now + span
        while now < until {
            now = min(until, now + .milliseconds(50))
            for peer in talking { say(.heartbeat(Heartbeat()), by: peer) }
            role.tick(at: now)
            settle()
        }
    }

    mutating func settle() {
        for case .send(let node, let envelope) in role.takeEffects() {
            said[node.name, default: []].append(envelope.message)
            _ = peers[node.name]?.hear(envelope, welcome: Welcome(heartbeatMilliseconds: 500), at: now)
        }
        #expect(role.audit() == [])
    }
}

/// Job `number` as a hello names it.
func held(
    _ number: UInt64,
    _ attempt: Attempt = .first,
    running: Bool = true,
    worker: String? = nil,
    edge: String = "edge"
) -> HeldJob {
    HeldJob(
        job: id(number),
        attempt: attempt,
        edge: NodeID(edge),
        running: running,
        worker: worker.map(NodeID.init),
        model: "m",
        charge: Charge(sequences: 1, tokens: 50)
    )
}
