public import Contract

extension Placement {
    /// An operator wants a model: failures are forgotten, and what nobody has pinned makes room.
    public mutating func load(
        _ model: String,
        on worker: NodeID?,
        at now: Instant
    ) throws(Refusal) -> [Decision] {
        let holders = try holders(of: model, on: worker)
        let decisions = forgive(model)
        guard holders.contains(where: { shelves[$0]?.couldHold(model) == true }) else {
            throw Refusal(.memoryExceeded, failure(of: model) ?? "the worker has not enough memory for it")
        }
        let isThere = holders.contains { shelves[$0]?.has(model) == true }
        if !isThere {
            records[model]?.command = Command(worker: worker, until: now + policy.commandPatience)
        }
        return decisions
    }

    /// Every worker that has the model loads it anew; where none has, one loads it.
    public mutating func reload(
        _ model: String,
        on worker: NodeID?,
        at now: Instant
    ) throws(Refusal) -> [Decision] {
        let holders = try holders(of: model, on: worker)
        let serving = holders.filter { shelves[$0]?.entries[model]?.stock.state.serves == true }
        guard !serving.isEmpty else { return try load(model, on: worker, at: now) }
        let decisions = forgive(model)
        for node in serving {
            guard let stock = shelves[node]?.entries[model]?.stock else { continue }
            // What is coming may have been read before the command: the one behind it is meant.
            let generation = stock.generation + (stock.state == .swapping ? 1 : 0)
            records[model]?.swaps[node] = Swap(generation: generation, failures: 0)
        }
        return decisions
    }

    /// Jobs that run come to their end; whoever asks for the model afterwards has it loaded again.
    public mutating func unload(_ model: String, on worker: NodeID?) throws(Refusal) -> [Decision] {
        let holders = try holders(of: model, on: worker)
        if holders.contains(where: { shelves[$0]?.entries[model]?.stock.wish.isPinned == true }) {
            throw Refusal(.invalidRequest, "the model \"\(model)\" is pinned by the configuration")
        }
        records[model]?.command = nil
        records[model]?.swaps = [:]
        var decisions: [Decision] = []
        for node in holders {
            if shelves[node]?.claim == model { shelves[node]?.claim = nil }
            guard let entry = shelves[node]?.entries[model], shelves[node]?.has(model) == true else {
                continue
            }
            if entry.stock.state == .resident { shelves[node]?.entries[model]?.stock.state = .draining }
            decisions.append(.unload(node, ModelOrder(model, generation: .max)))
        }
        return decisions
    }

    private func holders(of model: String, on worker: NodeID?) throws(Refusal) -> [NodeID] {
        let all = shelves.keys.filter { shelves[$0]?.entries[model] != nil }.sorted()
        guard !all.isEmpty else {
            let known = models.prefix(20).joined(separator: ", ")
            let words = known.isEmpty ? "no worker can load models" : "there is: \(known)"
            throw Refusal(.unknownModel, "no worker has the model \"\(model)\" or could load it; \(words)")
        }
        guard let worker else { return all }
        guard all.contains(worker) else {
            let names = all.map(\.name).joined(separator: ", ")
            throw Refusal(.notFound, "\(worker) does not have the model \"\(model)\"; these do: \(names)")
        }
        return [worker]
    }

    /// Nothing that failed before counts any more, neither here nor at the workers.
    private mutating func forgive(_ model: String) -> [Decision] {
        records[model]?.crashes = [:]
        records[model]?.avoided = []
        records[model]?.retryAt = nil
        var decisions: [Decision] = []
        for node in shelves.keys.sorted() {
            guard let stock = shelves[node]?.entries[model]?.stock, stock.failures > 0 else { continue }
            shelves[node]?.entries[model]?.stock.failures = 0
            // Generation 0 unloads nothing.
            decisions.append(.unload(node, ModelOrder(model, generation: 0, forgives: true)))
        }
        return decisions
    }

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found: [String] = []
        for (node, shelf) in shelves {
            let loading = shelf.entries.filter { $0.value.stock.state.loads }
            if loading.count > 1 { found.append("\(node) loads \(loading.keys.sorted())") }
            let bytes = shelf.entries.values.reduce(UInt64(0)) { $0.saturatingSum($1.stock.bytes) }
            if bytes > shelf.budgetBytes {
                found.append("models of \(node) take \(bytes) of \(shelf.budgetBytes) bytes")
            }
            for model in shelf.entries.keys where records[model] == nil {
                found.append("nothing is known of \(model)")
            }
        }
        return found
    }
}
