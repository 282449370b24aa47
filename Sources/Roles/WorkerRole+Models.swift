public import Contract
internal import Placement

/// Models that come and go while others serve.
extension WorkerRole {
    /// Which load of its model a job runs on.
    public func generation(of job: JobID) -> UInt32? { jobs[job]?.generation }

    /// What each model that serves can hold.
    public var servedCapacities: [Capacity] { capacities }

    /// Memory that models take, and what there is in all; nil where they do not come and go.
    public var poolBytes: (used: UInt64, budget: UInt64)? { pool.map { ($0.usedBytes, $0.budgetBytes) } }

    // MARK: What the coordinator wants

    /// A worker that leaves takes nothing new on; the answer to every order is how the model stands.
    mutating func load(_ order: ModelOrder, at now: Instant) {
        guard !isDraining else { return refuseOrder(order, at: now) }
        pool?.load(order)
        settleModels(at: now)
    }

    mutating func unload(_ order: ModelOrder, at now: Instant) {
        pool?.unload(order)
        settleModels(at: now)
    }

    private mutating func refuseOrder(_ order: ModelOrder, at now: Instant) {
        // Changes nothing, and has the model's standing told.
        pool?.unload(ModelOrder(order.model, generation: 0))
        settleModels(at: now)
    }

    // MARK: What the loader reports

    public mutating func modelProgressed(
        _ model: String,
        generation: UInt32,
        percent: UInt32,
        at now: Instant
    ) {
        pool?.progressed(model, generation: generation, percent: percent)
        settleModels(at: now)
    }

    /// A load came to its end: jobs are taken on it from now on.
    public mutating func modelLoaded(
        _ capacity: Capacity,
        bytes: UInt64,
        took time: Duration,
        at now: Instant
    ) {
        let (name, generation) = (capacity.card.name, capacity.generation)
        pool?.loaded(capacity.card, generation: generation, bytes: bytes, took: time, at: now)
        if pool?.generation(of: name) == generation {
            capacities.removeAll { $0.card.name == name }
            capacities.append(capacity)
        }
        settleModels(at: now)
    }

    public mutating func modelFailed(
        _ model: String,
        generation: UInt32,
        reason: String,
        at now: Instant
    ) {
        pool?.failed(model, generation: generation, reason: reason)
        settleModels(at: now)
    }

    /// The memory of a generation is free.
    public mutating func modelDropped(_ model: String, generation: UInt32, at now: Instant) {
        pool?.dropped(model, generation: generation)
        settleModels(at: now)
    }

    // MARK: Keeping up

    mutating func settleModels(at now: Instant) {
        guard var pool else { return }
        pool.settle { model, generation in
            jobs.values.contains { $0.model == model && $0.generation == generation && $0.state != .finished }
        }
        for action in pool.takeActions() {
            switch action {
            case .load(let model, let generation, let within):
                effects.append(.loadModel(model, generation: generation, within: within))
            case .drop(let model, let generation):
                effects.append(.dropModel(model, generation: generation))
            }
        }
        let before = capacities.count
        capacities.removeAll { pool.generation(of: $0.card.name) != $0.generation }
        if pool.hasChanged || capacities.count != before { creditChanged = true }
        self.pool = pool
        tellStock(at: now)
        sendCreditIfChanged(at: now)
    }

    /// Between a hello and its welcome nothing is told; what changes then is told after the welcome.
    mutating func tellStock(at now: Instant) {
        guard coordinator.isOpen, pool?.hasChanged == true, let changes = pool?.takeChanges(at: now) else {
            return
        }
        sendToCoordinator(.stock(changes), at: now)
    }
}

extension WorkerJob {
    /// Whether it takes a place of a model.
    func runs(on capacity: WorkerRole.Capacity) -> Bool {
        state != .finished && model == capacity.card.name && generation == capacity.generation
    }
}
