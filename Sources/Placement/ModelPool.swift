public import Contract

/// A worker's own books of its models: what is in memory, what comes, what leaves; never over the budget.
///
/// Orders and what the loader reports go in, actions come out. The worker alone decides what its memory
/// holds: an order for which there is no room changes nothing, and the answer to every order is how the model
/// stands.
///
/// Invariant: what is resident, what drains and what is being loaded together take no more than the budget,
/// but for what the process was started with; one model is loaded at a time.
public struct ModelPool: Sendable {
    /// What the shell has to do.
    public enum Action: Hashable, Sendable {
        /// Load it from its path; it may take so many bytes.
        case load(String, generation: UInt32, within: UInt64)
        /// Nobody runs on it any more.
        case drop(String, generation: UInt32)
    }

    /// One generation of a model in memory.
    fileprivate struct Resident: Sendable {
        var generation: UInt32
        var bytes: UInt64
        var since: Instant
    }

    fileprivate struct Entry: Sendable {
        var stock: ModelStock
        /// What jobs are leased on.
        var serving: Resident?
        /// What drains, and what drained and is being given up.
        var leaving: [Resident] = []
        /// What is being loaded, and what it takes.
        var coming: Resident?
        /// Whether it is loaded again once it has drained.
        var reloads = false
        /// Whether what is coming is not wanted any more.
        var isUnwanted = false
        /// The last generation that was begun.
        var last: UInt32 = 0
    }

    /// What a byte costs as long as nothing was measured: files that come from a disk.
    private static let usualBytesPerSecond = 500e6

    public let budgetBytes: UInt64
    private var entries: [String: Entry] = [:]
    /// Names whose standing was not told yet.
    private var changed: Set<String> = []
    private var actions: [Action] = []
    /// Of the loads so far, half of it the last.
    private var bytesPerSecond: Double?

    public init(budgetBytes: UInt64) { self.budgetBytes = budgetBytes }

    /// A model that may be loaded, before anything else happens.
    public mutating func add(_ card: ModelCard, _ wish: ModelWish, neededBytes: UInt64) {
        entries[card.name] = Entry(stock: ModelStock(card, wish: wish, neededBytes: neededBytes))
    }

    /// A model that the process was started with.
    public mutating func addLoaded(
        _ card: ModelCard,
        _ wish: ModelWish,
        bytes: UInt64,
        took time: Duration,
        at now: Instant
    ) {
        add(card, wish, neededBytes: bytes)
        begin(card.name, generation: 1)
        loaded(card, generation: 1, bytes: bytes, took: time, at: now)
        changed = []
    }

    /// A model that could not be loaded when the process was started.
    public mutating func noteFailure(_ model: String, _ reason: String) {
        entries[model]?.stock.failures += 1
        entries[model]?.stock.reason = reason
        changed.insert(model)
    }

    public mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    // MARK: Orders

    /// A generation above the order's is wanted.
    public mutating func load(_ order: ModelOrder) {
        guard let entry = entries[order.model] else { return }
        changed.insert(order.model)
        if order.forgives { entries[order.model]?.forgive() }
        if let coming = entry.coming {
            if coming.generation > order.generation { entries[order.model]?.isUnwanted = false }
            return
        }
        guard !entry.reloads, !isLoading else { return }
        if let serving = entry.serving {
            guard serving.generation <= order.generation else { return }
            guard entry.stock.neededBytes > freeBytes else { return begin(order.model) }
            // No room for two: this one leaves first.
            entries[order.model]?.retire()
            entries[order.model]?.reloads = true
        } else if entry.stock.neededBytes <= freeBytes {
            begin(order.model)
        }
    }

    /// Generations up to the order's are not wanted.
    public mutating func unload(_ order: ModelOrder) {
        guard let entry = entries[order.model] else { return }
        changed.insert(order.model)
        if order.forgives { entries[order.model]?.forgive() }
        if let coming = entry.coming, coming.generation <= order.generation {
            entries[order.model]?.isUnwanted = true
        }
        if let serving = entry.serving, serving.generation <= order.generation {
            entries[order.model]?.retire()
            entries[order.model]?.reloads = false
        } else if entry.reloads, entry.last <= order.generation {
            entries[order.model]?.reloads = false
        }
    }

    private var isLoading: Bool { entries.values.contains { $0.coming != nil || $0.reloads } }

    private mutating func begin(_ model: String, generation: UInt32? = nil) {
        guard let entry = entries[model] else { return }
        let number = generation ?? entry.last &+ 1
        let bytes = entry.stock.neededBytes
        let within = bytes.saturatingSum(freeBytes - min(freeBytes, bytes))
        entries[model]?.last = number
        entries[model]?.coming = Resident(generation: number, bytes: bytes, since: .zero)
        entries[model]?.stock.percent = 0
        entries[model]?.reloads = false
        entries[model]?.isUnwanted = false
        changed.insert(model)
        if generation == nil { actions.append(.load(model, generation: number, within: within)) }
    }

    // MARK: What the loader reports

    public mutating func progressed(_ model: String, generation: UInt32, percent: UInt32) {
        guard entries[model]?.coming?.generation == generation, entries[model]?.stock.percent != percent
        else { return }
        entries[model]?.stock.percent = min(100, percent)
        changed.insert(model)
    }

    /// A load came to its end; what served until now drains.
    public mutating func loaded(
        _ card: ModelCard,
        generation: UInt32,
        bytes: UInt64,
        took time: Duration,
        at now: Instant
    ) {
        guard var entry = entries[card.name], entry.coming?.generation == generation else { return }
        entry.retire()
        entry.coming = nil
        entry.serving = Resident(generation: generation, bytes: bytes, since: now)
        entry.stock.card = card
        entry.stock.neededBytes = bytes
        entry.stock.percent = 100
        entry.stock.loadMilliseconds = UInt32(clamping: time.milliseconds)
        entry.forgive()
        if entry.isUnwanted { entry.retire() }
        entries[card.name] = entry
        changed.insert(card.name)
        measure(bytes, time)
    }

    private mutating func measure(_ bytes: UInt64, _ time: Duration) {
        let seconds = time / .seconds(1)
        guard seconds > 0.001, bytes > 0 else { return }
        let seen = Double(bytes) / seconds
        bytesPerSecond = bytesPerSecond.map { ($0 + seen) / 2 } ?? seen
    }

    /// A load failed; what was there before still is.
    public mutating func failed(_ model: String, generation: UInt32, reason: String) {
        guard entries[model]?.coming?.generation == generation else { return }
        entries[model]?.coming = nil
        entries[model]?.stock.percent = 0
        noteFailure(model, reason)
    }

    /// Gives up what drains and nobody runs on; `isBusy` tells who runs on what.
    public mutating func settle(_ isBusy: (_ model: String, _ generation: UInt32) -> Bool) {
        for (model, entry) in entries {
            for leaving in entry.leaving where leaving.since != .distantFuture {
                guard !isBusy(model, leaving.generation) else { continue }
                entries[model]?.noteGivenUp(leaving.generation)
                actions.append(.drop(model, generation: leaving.generation))
            }
        }
        actions.sort { left, right in left.model < right.model }
    }

    /// The memory of a generation is free.
    public mutating func dropped(_ model: String, generation: UInt32) {
        entries[model]?.leaving.removeAll { $0.generation == generation }
        changed.insert(model)
        guard let entry = entries[model], entry.reloads, entry.leaving.isEmpty else { return }
        entries[model]?.reloads = false
        if entry.stock.neededBytes <= freeBytes { begin(model) }
    }

    // MARK: What is told

    /// The generation that jobs are leased on.
    public func generation(of model: String) -> UInt32? { entries[model]?.serving?.generation }

    public func knows(_ model: String) -> Bool { entries[model] != nil }

    public var usedBytes: UInt64 {
        entries.values.reduce(0) { $0.saturatingSum($1.bytes) }
    }

    public var freeBytes: UInt64 { budgetBytes - min(budgetBytes, usedBytes) }

    /// Everything, for a hello.
    public mutating func whole(at now: Instant) -> WorkerPool {
        changed = []
        return WorkerPool(
            budgetBytes: budgetBytes,
            stock: entries.keys.sorted().compactMap { stock(of: $0, at: now) }
        )
    }

    public var hasChanged: Bool { !changed.isEmpty }

    /// What was not told yet.
    public mutating func takeChanges(at now: Instant) -> [ModelStock] {
        defer { changed = [] }
        return changed.sorted().compactMap { stock(of: $0, at: now) }
    }

    private func stock(of model: String, at now: Instant) -> ModelStock? {
        guard let entry = entries[model] else { return nil }
        var stock = entry.stock
        stock.bytes = entry.bytes
        stock.state = entry.state
        stock.generation = entry.serving?.generation ?? entry.last
        if stock.loadMilliseconds == 0 {
            let seconds = Double(stock.neededBytes) / (bytesPerSecond ?? Self.usualBytesPerSecond)
            stock.loadMilliseconds = UInt32(clamping: Int64(min(seconds, 1e6) * 1000))
        }
        stock.residentMilliseconds =
            entry.serving.map { UInt32(clamping: (now - $0.since).milliseconds) } ?? 0
        return stock
    }

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found: [String] = []
        if entries.values.count(where: { $0.coming != nil }) > 1 {
            found.append("two models are loaded at once")
        }
        if usedBytes > budgetBytes { found.append("models take \(usedBytes) of \(budgetBytes) bytes") }
        return found
    }
}

extension ModelPool.Entry {
    fileprivate var bytes: UInt64 {
        let held = [serving, coming].compactMap { $0?.bytes } + leaving.map(\.bytes)
        return held.reduce(0) { $0.saturatingSum($1) }
    }

    fileprivate var state: ModelStock.State {
        if serving != nil { return coming == nil ? .resident : .swapping }
        if coming != nil { return .loading }
        if reloads { return .reloading }
        return leaving.isEmpty ? .absent : .draining
    }

    /// What serves takes no more jobs.
    fileprivate mutating func retire() {
        guard let serving else { return }
        leaving.append(serving)
        self.serving = nil
    }

    fileprivate mutating func forgive() {
        stock.failures = 0
        stock.reason = nil
    }

    /// Its memory is being freed.
    fileprivate mutating func noteGivenUp(_ generation: UInt32) {
        for index in leaving.indices where leaving[index].generation == generation {
            leaving[index].since = .distantFuture
        }
    }
}

extension ModelPool.Action {
    fileprivate var model: String {
        switch self {
        case .load(let model, _, _), .drop(let model, _): model
        }
    }
}
