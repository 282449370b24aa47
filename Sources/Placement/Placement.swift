public import Contract

/// Decides which worker has which model in memory: loads what is asked for, once for all who wait, and makes
/// room for it by what was used longest ago.
///
/// Holds no socket and no clock: what workers say and what is asked for go in, orders come out. Nothing is
/// kept that could not be told anew: workers say in their hello what they have and load, what failed there
/// and what the configuration wishes.
///
/// - A worker loads one model at a time. A model is loaded by one worker, unless its wish says more.
/// - What is pinned never makes room. What somebody wants makes room only after a minimum residency, and only
///   when the jobs of the other model have waited longer than its own, and longer than both loads take.
/// - A load that failed is tried again with growing pauses, elsewhere if there is an elsewhere; after the
///   last strike the model is failed, until somebody says otherwise.
public struct Placement: Sendable {
    /// What a worker is to be told.
    public enum Decision: Hashable, Sendable {
        case load(NodeID, ModelOrder)
        case unload(NodeID, ModelOrder)
    }

    /// What is remembered of a model beyond what its workers say.
    struct Record: Sendable {
        var lastUse: Instant
        /// Workers that died while they loaded it, and how often.
        var crashes: [NodeID: Int] = [:]
        /// Where it failed last; another worker is better.
        var avoided: Set<NodeID> = []
        var retryAt: Instant?
        /// Somebody has commanded it: where, and until when that counts.
        var command: Command?
        /// Workers that are to load it anew, and the generation that each is to leave behind.
        var swaps: [NodeID: Swap] = [:]
    }

    struct Command: Sendable {
        /// Nil: anywhere.
        var worker: NodeID?
        var until: Instant
    }

    struct Swap: Sendable {
        var generation: UInt32
        /// Failures before.
        var failures: UInt32
        var isOrdered = false
    }

    public let policy: PlacementPolicy
    var shelves: [NodeID: WorkerShelf] = [:]
    var records: [String: Record] = [:]

    public init(_ policy: PlacementPolicy = PlacementPolicy()) { self.policy = policy }

    // MARK: What workers say

    /// A worker's hello: all that it has; what it was told before is void.
    public mutating func joined(_ node: NodeID, _ pool: WorkerPool, at now: Instant) {
        shelves[node] = WorkerShelf(pool, at: now)
        for stock in pool.stock { learn(stock, at: node, now) }
        for model in records.keys { records[model]?.swaps[node]?.isOrdered = false }
    }

    /// A worker's models have changed.
    public mutating func heard(_ node: NodeID, _ stock: [ModelStock], at now: Instant) {
        guard shelves[node] != nil else { return }
        for stock in stock {
            let before = shelves[node]?.entries[stock.name]?.stock.failures ?? 0
            shelves[node]?.hear(stock, at: now)
            learn(stock, at: node, now)
            if stock.failures > before { strike(stock.name, at: node, now) }
        }
    }

    private mutating func learn(_ stock: ModelStock, at node: NodeID, _ now: Instant) {
        if records[stock.name] == nil { records[stock.name] = Record(lastUse: now) }
        // It lives, whatever was thought of it.
        if stock.state.loads { records[stock.name]?.crashes[node] = nil }
        guard stock.state.serves else { return }
        records[stock.name]?.crashes = [:]
        records[stock.name]?.avoided = []
        records[stock.name]?.retryAt = nil
    }

    /// A job for a model begins: what was used longest ago makes room first.
    public mutating func noteUse(of model: String, at now: Instant) { records[model]?.lastUse = now }

    /// Orders do not reach a worker, or do again with its next hello.
    public mutating func lostSight(of node: NodeID) { shelves[node]?.isReachable = false }

    /// A worker is gone; one that died while it loaded a model may have died of that.
    public mutating func left(_ node: NodeID, died: Bool, at now: Instant) {
        guard let shelf = shelves.removeValue(forKey: node) else { return }
        for (model, entry) in shelf.entries.sorted(by: { $0.key < $1.key }) {
            records[model]?.swaps[node] = nil
            guard died, entry.stock.state == .loading || entry.stock.state == .swapping else { continue }
            records[model]?.crashes[node, default: 0] += 1
            strike(model, at: node, now)
        }
        let known = Set(shelves.values.flatMap { $0.entries.keys })
        records = records.filter { known.contains($0.key) || $0.value.crashes.count > 0 }
    }

    private mutating func strike(_ model: String, at node: NodeID, _ now: Instant) {
        let retryAt = now + policy.pause(after: strikeCount(of: model))
        records[model]?.avoided.insert(node)
        records[model]?.retryAt = retryAt
    }

    func strikeCount(of model: String) -> Int {
        let failed = shelves.values.reduce(0) {
            $0 + Int($1.entries[model]?.stock.failures ?? 0)
        }
        return failed + (records[model]?.crashes.values.reduce(0, +) ?? 0)
    }

    // MARK: What others ask

    /// Whether no worker takes orders.
    public var isEmpty: Bool { shelves.isEmpty }

    /// Every model that some worker has or could load.
    public var models: [String] { Set(shelves.values.flatMap { $0.entries.keys }).sorted() }

    public func knows(_ model: String) -> Bool { shelves.values.contains { $0.entries[model] != nil } }

    /// Whether a worker that takes orders has it for jobs.
    public func serves(_ model: String, at node: NodeID) -> Bool? {
        shelves[node].map { $0.entries[model]?.stock.state.serves ?? false }
    }

    /// What is known of a model by one that has it, else by one that could load it.
    public func card(of model: String) -> ModelCard? {
        let all = shelves.keys.sorted().compactMap { shelves[$0]?.entries[model]?.stock }
        return (all.first { $0.state.serves } ?? all.first)?.card
    }

    /// Where a model stands, and of a load under way how far it is.
    public func state(of model: String) -> (state: ModelState, percent: UInt32?) {
        let all = shelves.values.compactMap { $0.entries[model] }
        guard !all.isEmpty else { return (.away, nil) }
        if all.contains(where: { $0.stock.state.serves }) { return (.loaded, nil) }
        let loading = all.filter { $0.stock.state.loads || $0.isOrdered }
        if !loading.isEmpty || shelves.values.contains(where: { $0.claim == model }) {
            return (.loading, loading.map { $0.stock.state == .loading ? $0.stock.percent : 0 }.max() ?? 0)
        }
        return (failure(of: model) == nil ? .unloaded : .failed, nil)
    }

    /// Why a model is not loaded any more; nil while it is, may be, or was never tried.
    public func failure(of model: String) -> String? {
        let all = shelves.keys.sorted().compactMap { shelves[$0]?.entries[model]?.stock }
        guard !all.contains(where: { $0.state.serves }) else { return nil }
        if let least = all.map(\.neededBytes).min(),
            !shelves.values.contains(where: { $0.couldHold(model) })
        {
            let most = shelves.values.filter { $0.entries[model] != nil }.map(\.yieldingBytes).max() ?? 0
            return "it needs \(least) bytes of memory, and no worker has more than \(most) for it"
        }
        let strikes = strikeCount(of: model)
        guard strikes >= policy.strikes else { return nil }
        let reason = all.compactMap(\.reason).first ?? "workers died while they loaded it"
        return "loading failed \(strikes) times: \(reason)"
    }

    /// What jobs for a model wait at least at a worker until it is loaded: 0 where it is, nil where it
    /// cannot be.
    public func loadSeconds(of model: String, at node: NodeID) -> Double? {
        guard let stock = shelves[node]?.entries[model]?.stock else { return nil }
        if stock.state.serves { return 0 }
        let left = stock.state == .loading ? 1 - Double(min(100, stock.percent)) / 100 : 1
        return stock.loadSeconds * left
    }

    /// All workers that take orders, with their models.
    public var pools: [(node: NodeID, pool: WorkerPool)] {
        shelves.sorted { $0.key < $1.key }.map { node, shelf in
            let stock = shelf.entries.sorted { $0.key < $1.key }.map(\.value.stock)
            return (node, WorkerPool(budgetBytes: shelf.budgetBytes, stock: stock))
        }
    }
}

extension WorkerShelf {
    /// Whether a model fits here once all that can make room has made it.
    func couldHold(_ model: String) -> Bool {
        entries[model].map { $0.stock.neededBytes <= yieldingBytes } ?? false
    }
}
