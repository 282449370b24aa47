internal import Contract

extension Placement {
    /// How room is made for a model at a worker.
    struct Plan {
        var node: NodeID
        /// What is to leave.
        var victims: [String]
        /// Whether there is room already.
        var isReady: Bool
        /// Seconds until it is there, and what it costs those that leave to come back.
        var cost: Double
    }

    /// The worker that suits a model best; nil where none can take it now.
    func plan(
        _ model: String,
        _ need: Need,
        _ demand: [String: ModelDemand],
        mayEvict: Bool,
        at now: Instant
    ) -> Plan? {
        let avoided = records[model]?.avoided ?? []
        let nodes = need.worker.map { [$0] } ?? shelves.keys.sorted()
        let plans = nodes.compactMap { node -> Plan? in
            guard let shelf = shelves[node], !shelf.has(model), shelf.claim == nil, !shelf.isLoading else {
                return nil
            }
            return plan(model, at: node, need, demand, mayEvict: mayEvict, at: now)
        }
        return plans.min { left, right in
            let mine = (avoided.contains(left.node) ? 1 : 0, left.victims.isEmpty ? 0 : 1, left.cost)
            let others = (avoided.contains(right.node) ? 1 : 0, right.victims.isEmpty ? 0 : 1, right.cost)
            guard mine == others else { return mine < others }
            // Of equal ones that with more room, then the first by name.
            let (free, otherFree) = (shelves[left.node]?.freeBytes ?? 0, shelves[right.node]?.freeBytes ?? 0)
            return free == otherFree ? left.node < right.node : free > otherFree
        }
    }

    func plan(
        _ model: String,
        at node: NodeID,
        _ need: Need,
        _ demand: [String: ModelDemand],
        mayEvict: Bool,
        at now: Instant
    ) -> Plan? {
        guard let shelf = shelves[node], shelf.isReachable, let stock = shelf.entries[model]?.stock,
            stock.state == .absent || stock.state == .draining
        else { return nil }
        var plan = Plan(node: node, victims: [], isReady: false, cost: stock.loadSeconds)
        // One that still drains here comes back once it is gone.
        guard stock.state == .absent else { return plan }
        if stock.neededBytes <= shelf.freeBytes {
            plan.isReady = true
            return plan
        }
        var free = shelf.soonFreeBytes
        guard free < stock.neededBytes else { return plan }
        guard mayEvict else { return nil }
        for victim in victims(for: stock, on: node, need, demand, at: now) {
            plan.victims.append(victim.model)
            plan.cost += victim.seconds
            free = free.saturatingSum(victim.bytes)
            if free >= stock.neededBytes { return plan }
        }
        return nil
    }

    private struct Victim {
        var model: String
        var bytes: UInt64
        /// What it is worth to let it stay.
        var seconds: Double
        var isWanted: Bool
        var lastUse: Instant
    }

    /// What may leave a worker, the least missed first.
    private func victims(
        for stock: ModelStock,
        on node: NodeID,
        _ need: Need,
        _ demand: [String: ModelDemand],
        at now: Instant
    ) -> [Victim] {
        guard let shelf = shelves[node] else { return [] }
        var victims: [Victim] = []
        for (model, entry) in shelf.entries where entry.stock.state == .resident && !entry.isOrdered {
            let other = entry.stock
            guard !other.wish.isPinned, model != stock.name, records[model]?.swaps[node] == nil else {
                continue
            }
            let asked = demand[model] ?? ModelDemand()
            let isWanted = asked.waitingCount > 0 || asked.running[node] ?? 0 > 0
            let value = asked.waitedSeconds + other.loadSeconds
            if isWanted, !need.isCommanded {
                let load = Duration.microseconds(Int64(other.loadSeconds * policy.residencyLoads * 1e6))
                guard now - entry.since >= max(policy.residency, load),
                    need.isPinned || need.seconds > value + stock.loadSeconds
                else { continue }
            }
            victims.append(
                Victim(
                    model: model,
                    bytes: other.bytes,
                    seconds: value,
                    isWanted: isWanted,
                    lastUse: records[model]?.lastUse ?? .zero
                )
            )
        }
        return victims.sorted { left, right in
            if left.isWanted != right.isWanted { return right.isWanted }
            if left.isWanted, left.seconds != right.seconds { return left.seconds < right.seconds }
            return (left.lastUse, left.model) < (right.lastUse, right.model)
        }
    }
}
