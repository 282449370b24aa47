public import Contract

extension Placement {
    /// What to tell workers now; `demand` has every model that jobs wait for or run on.
    ///
    /// Call it when something has changed and every now and then.
    public mutating func decide(_ demand: [String: ModelDemand], at now: Instant) -> [Decision] {
        for (model, asked) in demand where asked.isWanted { records[model]?.lastUse = now }
        dropClaims(demand, at: now)
        var decisions: [Decision] = []
        for (model, need) in needs(demand, at: now) {
            decisions += provide(model, need, demand, at: now)
        }
        for model in records.keys.sorted() { decisions += swap(model) }
        return decisions + unloadIdle(demand, at: now)
    }

    /// Why a model is to be loaded.
    struct Need {
        /// How long its jobs have waited, together; what somebody has commanded or pinned comes first.
        var seconds: Double
        var replicas: Int
        var isCommanded = false
        var isPinned = false
        /// Nil: anywhere.
        var worker: NodeID?
    }

    /// What is to be loaded, the most urgent first.
    private func needs(_ demand: [String: ModelDemand], at now: Instant) -> [(String, Need)] {
        var needs: [(String, Need)] = []
        for model in records.keys {
            guard let need = need(of: model, demand[model] ?? ModelDemand()) else { continue }
            needs.append((model, need))
        }
        return needs.sorted {
            ($0.1.isCommanded ? 0 : 1, -$0.1.seconds, $0.0) < ($1.1.isCommanded ? 0 : 1, -$1.1.seconds, $1.0)
        }
    }

    private func need(of model: String, _ demand: ModelDemand) -> Need? {
        let wishes = shelves.values.compactMap { $0.entries[model]?.stock.wish }
        guard !wishes.isEmpty else { return nil }
        let command = records[model]?.command
        let isPinned = wishes.contains { $0.isPinned }
        guard demand.isWanted || command != nil || isPinned else { return nil }
        var need = Need(
            seconds: demand.waitedSeconds,
            replicas: max(1, Int(wishes.map(\.replicas).max() ?? 1))
        )
        need.isCommanded = command != nil
        need.isPinned = isPinned
        need.worker = command?.worker
        return need
    }

    /// Has a model loaded where it is not yet, or room made for it.
    private mutating func provide(
        _ model: String,
        _ need: Need,
        _ demand: [String: ModelDemand],
        at now: Instant
    ) -> [Decision] {
        let decisions = makeRoom(model, need, demand, at: now)
        let holders = shelves.filter { $0.value.has(model) || $0.value.claim == model }
        let isEnough = need.worker.map { holders[$0] != nil } ?? (holders.count >= need.replicas)
        if isEnough {
            let isThere = holders.contains { $0.value.has(model) && (need.worker ?? $0.key) == $0.key }
            if isThere { records[model]?.command = nil }
            return decisions
        }
        if failure(of: model) != nil { return decisions }
        if let retryAt = records[model]?.retryAt, now < retryAt { return decisions }
        let mayEvict = holders.isEmpty || need.isCommanded || need.isPinned
        guard let plan = plan(model, need, demand, mayEvict: mayEvict, at: now) else { return decisions }
        return decisions + follow(plan, for: model)
    }

    /// Goes on where room is being made: loads as soon as there is enough.
    private mutating func makeRoom(
        _ model: String,
        _ need: Need,
        _ demand: [String: ModelDemand],
        at now: Instant
    ) -> [Decision] {
        var decisions: [Decision] = []
        for node in shelves.keys.sorted() where shelves[node]?.claim == model {
            guard let plan = plan(model, at: node, need, demand, mayEvict: true, at: now) else {
                // What was to make room is wanted again more than this.
                shelves[node]?.claim = nil
                continue
            }
            decisions += follow(plan, for: model)
        }
        return decisions
    }

    private mutating func follow(_ plan: Plan, for model: String) -> [Decision] {
        let node = plan.node
        shelves[node]?.claim = model
        guard plan.isReady else {
            return plan.victims.map { victim in
                let generation = shelves[node]?.entries[victim]?.stock.generation ?? 0
                shelves[node]?.entries[victim]?.stock.state = .draining
                return .unload(node, ModelOrder(victim, generation: generation))
            }
        }
        guard shelves[node]?.isLoading == false else { return [] }
        shelves[node]?.entries[model]?.isOrdered = true
        return [.load(node, ModelOrder(model, generation: 0))]
    }

    /// A claim ends with the reason for it.
    private mutating func dropClaims(_ demand: [String: ModelDemand], at now: Instant) {
        for (model, record) in records {
            guard let command = record.command else { continue }
            if now > command.until || failure(of: model) != nil { records[model]?.command = nil }
        }
        for (node, shelf) in shelves {
            guard let claim = shelf.claim else { continue }
            let isWanted = need(of: claim, demand[claim] ?? ModelDemand()) != nil
            if !isWanted || !shelf.isReachable || failure(of: claim) != nil { shelves[node]?.claim = nil }
        }
    }

    // MARK: What nobody uses

    private mutating func unloadIdle(_ demand: [String: ModelDemand], at now: Instant) -> [Decision] {
        var decisions: [Decision] = []
        for (node, shelf) in shelves.sorted(by: { $0.key < $1.key }) where shelf.isReachable {
            for (model, entry) in shelf.entries.sorted(by: { $0.key < $1.key }) {
                let stock = entry.stock
                guard let seconds = stock.wish.idleUnloadSeconds, !stock.wish.isPinned,
                    stock.state == .resident, !entry.isOrdered, let record = records[model],
                    record.command == nil, demand[model]?.isWanted != true
                else { continue }
                let since = max(record.lastUse, entry.since)
                guard now - since >= .seconds(Int64(seconds)) else { continue }
                shelves[node]?.entries[model]?.stock.state = .draining
                decisions.append(.unload(node, ModelOrder(model, generation: stock.generation)))
            }
        }
        return decisions
    }

    // MARK: Loading anew

    /// One worker after the other: the others go on serving meanwhile.
    private mutating func swap(_ model: String) -> [Decision] {
        while let node = records[model]?.swaps.keys.min(), let swap = records[model]?.swaps[node] {
            guard let shelf = shelves[node], let entry = shelf.entries[model] else {
                records[model]?.swaps[node] = nil
                continue
            }
            let stock = entry.stock
            if stock.failures > swap.failures {
                // What failed here would fail everywhere: the others keep what they have.
                records[model]?.swaps = [:]
                return []
            }
            if stock.generation > swap.generation, stock.state == .resident {
                records[model]?.swaps[node] = nil
                continue
            }
            if swap.isOrdered, stock.state == .absent || stock.state == .draining {
                records[model]?.swaps[node] = nil
                continue
            }
            guard shelf.isReachable, !swap.isOrdered, !shelf.isLoading else { return [] }
            records[model]?.swaps[node]?.isOrdered = true
            shelves[node]?.entries[model]?.isOrdered = true
            return [.load(node, ModelOrder(model, generation: swap.generation, forgives: true))]
        }
        return []
    }
}

extension WorkerShelf {
    /// Whether a model is here, or is coming.
    func has(_ model: String) -> Bool {
        guard let entry = entries[model] else { return false }
        return entry.stock.state.serves || entry.stock.state.loads || entry.isOrdered
    }
}
