public import Contract
internal import Ownership

/// What workers tell of the beginnings that they hold, and the secret that links of them are made with.
extension CoordinatorRole {
    public var linkCount: Int { ownership.count }

    /// What a worker has told that it holds.
    ///
    /// O(links), for tests.
    public func holdings(of worker: NodeID) -> [PrefixLink: Holding] {
        workers[worker].map { ownership.holdings(of: $0.number) } ?? [:]
    }

    /// Tokens of prompts that a worker is taken to have before it.
    public func backlogTokens(of worker: NodeID, for model: String) -> UInt64 {
        workers[worker]?.backlogTokens(of: model) ?? 0
    }

    /// Whatever is inconsistent in the index, in words; empty when all is well.
    public func auditOwnership() -> [String] { ownership.audit() }

    /// A worker comes for the first time.
    mutating func numberWorker(_ node: NodeID) {
        let number = freeNumbers.popLast() ?? workers.count - 1
        workers[node]?.number = number
    }

    /// Whatever a worker held, it holds no more.
    mutating func forgetHoldings(of node: NodeID) {
        guard let number = workers[node]?.number else { return }
        ownership.clear(number)
        workers[node]?.holdings = HoldingsBook()
    }

    mutating func hear(_ report: HoldingsReport, by node: NodeID, at now: Instant) {
        guard let number = workers[node]?.number, let isUseful = workers[node]?.holdings.apply(report) else {
            return
        }
        if report.restarts {
            workers[node]?.isRecounting = false
            ownership.clear(number)
        }
        guard isUseful else { return recount(node, at: now) }
        for change in report.changes {
            switch change {
            case .stored(let holding): ownership.store(holding, at: number)
            case .dropped(let link): ownership.drop(link, at: number)
            }
        }
    }

    /// The worker says what its book comes to; where ours is another one, it tells all of it again.
    mutating func compare(_ digest: HoldingsDigest, of node: NodeID, at now: Instant) {
        guard workers[node]?.holdings.agrees(with: digest) == false else { return }
        recount(node, at: now)
    }

    /// Once, until it does.
    private mutating func recount(_ node: NodeID, at now: Instant) {
        guard workers[node]?.isRecounting == false else { return }
        workers[node]?.isRecounting = true
        counters.recounts += 1
        send(.recountHoldings, toWorker: node, at: now)
    }

    // MARK: What was found

    /// A job has ended that was expected to find so much of its prompt.
    mutating func noteFound(_ outcome: LeaseOutcome, of lease: WorkerPeer.Running, at node: NodeID) {
        guard outcome.promptTokens > 0, outcome.kind == .finished else { return }
        let found = min(outcome.cachedTokens, outcome.promptTokens)
        if found < lease.heldTokens / 2 { counters.staleHits += 1 }
        workers[node]?.note(foundTokens: found, of: outcome.promptTokens, for: lease.model)
        guard lease.estimatedTokens > 0, models[lease.model] != nil else { return }
        let ratio = Double(outcome.promptTokens) / Double(lease.estimatedTokens)
        let before = promptScales[lease.model] ?? 1
        promptScales[lease.model] = min(max(before + 0.1 * (ratio - before), 0.1), 10)
    }

    // MARK: The secret

    /// What an edge and everybody else makes the keys of links from.
    ///
    /// Whatever the first edge brings along from a coordinator before this one: so what workers hold is
    /// found again when a coordinator is replaced. Once one edge has been told, the others follow.
    mutating func agreeOnSecret(with hello: Hello) -> [UInt8] {
        let known = hello.prefixSecret
        if !hasToldSecret, !known.isEmpty, known.count == prefixSecret.count { prefixSecret = known }
        hasToldSecret = true
        return prefixSecret
    }
}
