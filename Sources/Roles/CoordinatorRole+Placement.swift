internal import Contract
internal import Lanes
internal import Placement

/// Models that workers load and unload on the coordinator's word.
extension CoordinatorRole {
    /// Seconds until a worker could begin with a job for a model: 0 where it has the model, nil where it
    /// cannot get it.
    func loadSeconds(of model: String, at node: NodeID) -> Double? {
        if workers[node]?.serves(model) == true { return 0 }
        return placement.loadSeconds(of: model, at: node)
    }

    // MARK: What workers say

    /// A worker's hello tells of its models; one that tells of none takes no orders.
    mutating func enterPool(_ node: NodeID, _ pool: WorkerPool?, at now: Instant) {
        guard var pool else {
            if placement.serves("", at: node) != nil { placement.left(node, died: false, at: now) }
            return
        }
        pool.stock.removeAll { models[$0.name] == nil && models.count >= limits.modelNames }
        placement.joined(node, pool, at: now)
        learn(pool.stock.map(\.card), at: now)
        placeModels(at: now, isDue: true)
    }

    mutating func hearStock(_ node: NodeID, _ stock: [ModelStock], at now: Instant) {
        placement.heard(node, stock.filter { models[$0.name] != nil }, at: now)
        for stock in stock {
            if stock.state.serves {
                workers[node]?.models.insert(stock.name)
                workers[node]?.revisions[stock.name] = stock.card.revision
            } else {
                workers[node]?.revisions[stock.name] = nil
                workers[node]?.models.remove(stock.name)
            }
        }
        learn(stock.map(\.card), at: now)
        placeModels(at: now, isDue: true)
    }

    // MARK: Deciding

    /// Sends workers what the placement decides: when something has changed, else now and then.
    mutating func placeModels(at now: Instant, isDue: Bool = false) {
        guard isDue || now - lastPlacement >= timing.placement, !placement.isEmpty else { return }
        lastPlacement = now
        // The worker that has a model may not have said hello yet.
        guard now - startedAt >= timing.gathering else { return }
        perform(placement.decide(demand(at: now), at: now), at: now)
        for model in queue.backlogged {
            guard let refusal = hopelessness(of: model) else { continue }
            for job in queue.jobs(ofModel: model) {
                queue.remove(job.id)
                refuse(job.id, job.submission.attempt, refusal, to: job.edge, at: now)
            }
        }
    }

    private mutating func perform(_ decisions: [Placement.Decision], at now: Instant) {
        for decision in decisions {
            switch decision {
            case .load(let node, let order):
                counters.loads += 1
                send(.load(order), toWorker: node, at: now)
            case .unload(let node, let order):
                // Nothing is leased on what is to leave.
                if placement.serves(order.model, at: node) == false {
                    workers[node]?.models.remove(order.model)
                }
                send(.unload(order), toWorker: node, at: now)
            }
        }
    }

    private func demand(at now: Instant) -> [String: ModelDemand] {
        var demand: [String: ModelDemand] = [:]
        for (model, waiting) in queue.waitingByModel(at: now) {
            demand[model] = ModelDemand(waitingCount: waiting.count, waitedSeconds: waiting.seconds)
        }
        for (node, worker) in workers {
            for (model, count) in worker.leaseCounts {
                demand[model, default: ModelDemand()].running[node] = count
            }
        }
        return demand
    }

    /// Why jobs for a model cannot be done; nil as long as they may.
    func hopelessness(of model: String) -> Refusal? {
        guard let failure = placement.failure(of: model),
            !workers.values.contains(where: { $0.serves(model) })
        else { return nil }
        return Refusal(.modelFailed, "the model \"\(model)\" cannot be loaded: \(failure)")
    }

    /// What edges are told of a model.
    mutating func noteStanding(of model: String) {
        let standing = placement.knows(model) ? placement.state(of: model) : nil
        models[model]?.state = standing?.state
        models[model]?.percent = standing?.percent
    }

    // MARK: What operators want

    mutating func manage(_ request: ManageRequest, from node: NodeID, at now: Instant) {
        var reply = ManageReply(id: request.id)
        do throws(Refusal) {
            let decisions =
                switch request.action {
                case .load: try placement.load(request.model, on: request.worker, at: now)
                case .reload: try placement.reload(request.model, on: request.worker, at: now)
                case .unload: try placement.unload(request.model, on: request.worker)
                case .status: [Placement.Decision]()
                }
            perform(decisions, at: now)
            placeModels(at: now, isDue: true)
        } catch {
            reply.refusal = error
        }
        announceServed(at: now)
        let demand = demand(at: now)
        for model in models.keys.sorted() {
            guard let card = models[model] else { continue }
            let asked = demand[model] ?? ModelDemand()
            reply.models.append(
                ManageReply.Model(
                    name: model,
                    state: card.state ?? (card.isServed ? .loaded : .away),
                    waitingCount: UInt32(clamping: asked.waitingCount),
                    runningCount: UInt32(clamping: asked.running.values.reduce(0, +)),
                    failure: placement.failure(of: model)
                )
            )
        }
        reply.workers = placement.pools.prefix(limits.statusWorkers).map {
            ManageReply.Worker(node: $0, pool: $1)
        }
        send(.managed(reply), toEdge: node, at: now)
    }
}
