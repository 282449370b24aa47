internal import Contract
internal import Engine
internal import Lanes
internal import Roles

extension FleetSimulation {
    // MARK: The beginning

    func startEverything() {
        for name in coordinatorNames { start(name) }
        for index in 0..<2 { start(NodeID("edge-\(index)")) }
        for index in 0..<world.workerCount { start(NodeID("worker-\(index)")) }
    }

    /// Begins a life of a process: a new boot epoch, a new clock, and its connections.
    func start(_ node: NodeID) {
        var state = self.state(of: node) ?? NodeState(node)
        state.life += 1
        state.isAlive = true
        state.pausedUntil = nil
        state.postponed = []
        state.offset = Int64.random(in: 0...5_000_000_000, using: &random)
        state.rate = Int64.random(in: 950...1050, using: &random)
        let epoch = BootEpoch(rawValue: random.next())
        let local = state.localTime(now)
        if node == Self.coordinatorName {
            let role = CoordinatorRole(
                epoch: epoch,
                lanes: world.lanes,
                placement: world.placement,
                limits: world.limits,
                prefixSecret: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) },
                rule: rule,
                at: local
            )
            coordinator = SimulatedCoordinator(state: state, role: role)
        } else if node == Self.standbyName {
            standby = SimulatedStandby(state: state, duty: StandbyRole(epoch: epoch, at: local))
            dial(ConnectionID(client: node, server: Self.coordinatorName))
        } else if node.name.hasPrefix("edge") {
            var identity = EdgeRole.Identity(node: node, epoch: epoch, tokenEndpoint: "inproc://\(node)")
            identity.coordinatorCount = coordinatorNames.count
            edges[node] = SimulatedEdge(
                state: state,
                role: EdgeRole(identity, limits: world.limits, at: local)
            )
            dialCoordinators(node)
        } else {
            var identity = WorkerRole.Identity(node: node, epoch: epoch, fingerprint: "scripted")
            identity.coordinatorCount = coordinatorNames.count
            let pool = newPool()
            let role = WorkerRole(
                identity,
                capacities: pool == nil ? [world.capacity] : [],
                pool: pool,
                limits: world.limits,
                at: local
            )
            workers[node] = SimulatedWorker(state: state, role: role, engine: world.engine())
            dialCoordinators(node)
        }
        plan(.ticks(node, life: state.life), after: random.duration(1_000...50_000))
    }

    // MARK: Faults

    func planFaults() {
        let count = Int.random(in: 0...24, using: &random)
        for _ in 0..<count {
            let at = Instant(
                microseconds: Int64.random(in: 200_000...(Self.faultsEnd.microseconds - 1), using: &random)
            )
            schedule.add(.fault, at: at, tie: random.next())
        }
    }

    func inject() {
        report.faults += 1
        if scenario == .continuation, random.once(in: 3) { return injectContinuation() }
        switch random.next() % 10 {
        case 0, 1: crash(anyWorker())
        case 2: crash(Self.coordinatorName)
        case 3: if random.once(in: 2) { crash(anyEdge()) } else { crash(anyWorker()) }
        case 4, 5:
            guard let id = anyConnection() else { return }
            strike(.brokenConnection)
            breakConnection(id)
        case 6, 7: anyConnection().map(blackOut)
        case 8: pause(anyNode())
        default: leave(random.once(in: 4) ? anyEdge() : anyWorker())
        }
    }

    func strike(_ fault: Fault) {
        report.struck[fault, default: 0] += 1
        // A client that goes away harms nobody but itself.
        if fault != .lostClient { strikes.append(now) }
    }

    func crashAnyWorker() { crash(anyWorker()) }

    func anyWorker() -> NodeID { NodeID("worker-\(random.next() % UInt64(world.workerCount))") }
    func anyEdge() -> NodeID { NodeID("edge-\(random.next() % 2)") }

    private func anyNode() -> NodeID {
        switch random.next() % 6 {
        case 0: Self.coordinatorName
        case 1, 2: anyEdge()
        default: anyWorker()
        }
    }

    private func anyConnection() -> ConnectionID? { connections.keys.sorted().randomElement(using: &random) }

    /// kill -9: everything in the process is gone, and its connections break.
    func crash(_ node: NodeID) {
        guard let state = state(of: node), state.isAlive else { return }
        let isEdge = edges[node] != nil
        strike(isEdge ? .edgeCrash : workers[node] != nil ? .workerCrash : .coordinatorCrash)
        trace?("\(now.microseconds) crash \(node)")
        endLife(of: node)
        for id in connections.keys.sorted() where id.client == node { hangUp(id) }
        for id in connections.keys.sorted() where id.server == node { breakConnection(id) }
        if isEdge { sendAwayAll(of: node) }
    }

    /// SIGTERM, and no time to finish: the process says goodbye, hands back what it has, and is gone before
    /// anybody has heard of it.
    func leave(_ node: NodeID) {
        guard let state = state(of: node), state.isAlive, state.pausedUntil == nil else { return }
        strike(.departure)
        trace?("\(now.microseconds) leave \(node)")
        let local = state.localTime(now)
        if edges[node] != nil {
            // An edge that leaves ends what its clients still wait for.
            for index in running(at: node) where clients[index].job.ticket == nil {
                clients[index].cancelled = true
            }
            sendAwayTicketed(of: node)
            edges[node]?.role.leave(at: local)
            settleEdge(node)
        } else if coordinatorNames.contains(node) {
            leaveAsCoordinator(node, at: local)
        } else {
            workers[node]?.role.leave(at: local)
            settleWorker(node)
        }
        endLife(of: node)
        for (id, connection) in connections.sorted(by: { $0.key < $1.key })
        where id.client == node || id.server == node {
            plan(.closes(id, generation: connection.generation), after: random.duration(0...5_000))
        }
    }

    func endLife(of node: NodeID) {
        guard let life = state(of: node)?.life else { return }
        countLoadDeaths(at: node)
        change(node) {
            $0.isAlive = false
            $0.pausedUntil = nil
            $0.postponed = []
        }
        plan(.restarts(node, life: life), after: random.duration(100_000...6_000_000))
    }

    private func running(at edge: NodeID) -> [Int] {
        clients.indices.filter { clients[$0].edge == edge && clients[$0].phase == .running }
    }

    func restart(_ node: NodeID, _ life: Int) {
        guard let state = state(of: node), !state.isAlive, state.life == life else { return }
        trace?("\(now.microseconds) restart \(node)")
        start(node)
    }

    /// Frames vanish, one way or both, and nobody is told.
    private func blackOut(_ id: ConnectionID) {
        let until = now + random.duration(100_000...5_000_000)
        let directions = Connection.Direction.allCases.filter { _ in random.once(in: 2) }
        if !directions.isEmpty { strike(.blackout) }
        trace?("\(now.microseconds) blackout \(id.client) \(id.server) \(directions)")
        for direction in directions { connections[id]?.blackout[direction.rawValue] = until }
    }

    /// SIGSTOP: the process stands still and then finds everything that came in the meantime.
    func pause(_ node: NodeID) {
        guard let state = state(of: node), state.isAlive, state.pausedUntil == nil else { return }
        let length = random.duration(100_000...8_000_000)
        strike(.pause)
        trace?("\(now.microseconds) pause \(node) \(length)")
        change(node) { $0.pausedUntil = now + length }
        plan(.resumes(node, life: state.life), after: length)
    }

    // MARK: The end

    /// Whether every client has its end and nothing is held anywhere.
    var isAtRest: Bool {
        guard coordinator.state.isAlive, clients.allSatisfy(\.isOver) else { return false }
        guard standby?.isWatching ?? true, homes.values.allSatisfy({ $0 == 0 }) else { return false }
        guard
            edges.values.allSatisfy({
                $0.state.isAlive && $0.role.jobCount == 0 && $0.role.coordinatorIsConnected
            })
        else {
            return false
        }
        guard workers.values.allSatisfy({ isAtRest($0) }) else { return false }
        guard coordinator.role.waitingCount == 0, coordinator.role.leasedCount == 0 else { return false }
        return workers.keys.allSatisfy { hasAllCredit($0) && isKnownTruly($0) }
    }

    private func isAtRest(_ worker: SimulatedWorker) -> Bool {
        guard worker.state.isAlive, worker.role.jobCount == 0, worker.role.coordinatorIsConnected else {
            return false
        }
        return !worker.engine.engine.hasWork
    }

    private func hasAllCredit(_ node: NodeID) -> Bool {
        guard world.models.isEmpty else { return modelsAreAtRest(node) }
        let free = coordinator.role.available(at: node, for: Self.model)
        return free?.freeSequences == world.sequences && free?.freeTokens == world.capacity.tokens
    }

    func checkRest() -> [String] { isAtRest ? [] : unfinished() }

    /// What has not come to rest, in words.
    func unfinished() -> [String] {
        var found: [String] = []
        for client in clients where !client.isOver {
            found.append(
                "job \(client.job.id) never ended: \(client.phase), \(client.ids.count) tokens,"
                    + " at \(client.edge)"
            )
        }
        for (node, edge) in edges where edge.role.jobCount > 0 {
            found.append("\(node) holds \(edge.role.jobCount) jobs")
        }
        for (node, worker) in workers {
            if worker.role.jobCount > 0 { found.append("\(node) holds \(worker.role.jobCount) jobs") }
            if worker.engine.engine.hasWork { found.append("the engine of \(node) has work left") }
            if !hasAllCredit(node) {
                let free = coordinator.role.available(at: node, for: Self.model)
                found.append("credit of \(node) is lost: \(String(describing: free))")
            }
            if !isKnownTruly(node) { found.append(untruth(of: node)) }
        }
        if coordinator.role.waitingCount > 0 {
            found.append("\(coordinator.role.waitingCount) jobs wait for ever")
        }
        for job in coordinator.role.leasedJobs { found.append("job \(job) is leased for ever") }
        return found.isEmpty ? ["something is not connected at the end"] : found
    }
}
