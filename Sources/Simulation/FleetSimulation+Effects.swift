internal import Contract
internal import Engine
internal import Roles

extension FleetSimulation {
    func settleCoordinator() {
        for case .send(let node, let envelope) in coordinator.role.takeEffects() {
            if case .lease(let lease) = envelope.message { checkPlace(of: lease) }
            checkOrder(envelope.message, to: node)
            send(envelope, ConnectionID(client: node, server: Self.coordinatorName), .toClient)
        }
        check(coordinator.role.audit(), of: Self.coordinatorName)
    }

    func settleEdge(_ node: NodeID) {
        for effect in edges[node]?.role.takeEffects() ?? [] {
            switch effect {
            case .sendToCoordinator(let envelope):
                send(envelope, ConnectionID(client: node, server: home(of: node)), .toServer)
            case .callCoordinator(let place): homes[node] = place
            case .sendToWorker(let worker, let envelope):
                send(envelope, ConnectionID(client: worker, server: node), .toClient)
            case .show(let record): show(record, by: node)
            case .refused(let job, let refusal): refused(job, refusal, by: node)
            case .ended(let job, let end): ended(job, end, by: node)
            case .found(let submission): found(submission, by: node)
            case .unfound(let job): unfound(job, by: node)
            case .position(let position):
                if let index = clientIndex[position.job] { learnsOfStream(index, at: node) }
            case .modelsChanged, .managed, .foundTwin: break
            }
        }
        check(edges[node]?.role.audit() ?? [], of: node)
    }

    func settleWorker(_ node: NodeID) {
        for effect in workers[node]?.role.takeEffects() ?? [] {
            switch effect {
            case .sendToCoordinator(let envelope):
                checkDecline(envelope.message, by: node)
                send(
                    leak(into: envelope, of: node),
                    ConnectionID(client: node, server: home(of: node)),
                    .toServer
                )
            case .callCoordinator(let place): homes[node] = place
            case .sendToEdge(let edge, let envelope):
                send(envelope, ConnectionID(client: node, server: edge), .toServer)
            case .dial(let edge, _): dial(ConnectionID(client: node, server: edge))
            case .hangUp(let edge): hangUp(ConnectionID(client: node, server: edge))
            case .start(let lease):
                checkStart(of: lease, at: node)
                guard let life = workers[node]?.state.life else { continue }
                plan(.prepared(node, life: life, lease), after: random.duration(world.preparation))
            case .stop(let job, let attempt):
                leakedTokens[node, default: 0] += 1
                workers[node]?.stopped.insert(StoppedAttempt(job: job, attempt: attempt))
                workers[node]?.engine.engine.cancel(job, attempt)
                workers[node]?.runs[job] = nil
                scheduleStep(node)
            case .loadModel(let model, let generation, let limit):
                beginLoad(ModelCopy(model: model, generation: generation), within: limit, at: node)
            case .dropModel(let model, let generation):
                beginDrop(ModelCopy(model: model, generation: generation), at: node)
            }
        }
        check(workers[node]?.role.audit() ?? [], of: node)
    }

    /// Nobody is leased more than the worker's credit; but a coordinator that has just met a worker may be
    /// wrong about how many low jobs can stand aside for a high one.
    private func checkDecline(_ message: Message, by node: NodeID) {
        guard case .declined(let job, _, let decline) = message, decline.reason == .full,
            let index = clientIndex[job], clients[index].job.routing.lane != .high
        else { return }
        violate("\(node) was leased job \(job) without a place for it")
    }

    private func check(_ found: [String], of node: NodeID) {
        for words in found { violate("\(node): \(words)") }
    }

    // MARK: The worker's engine

    func prepared(_ node: NodeID, _ life: Int, _ lease: Lease) {
        guard let worker = workers[node], worker.state.isAlive, worker.state.life == life else { return }
        let submission = lease.submission
        let stopped = StoppedAttempt(job: submission.job.id, attempt: submission.attempt)
        if workers[node]?.stopped.remove(stopped) != nil { return }
        guard case .tokens(let prompt) = submission.job.prompt else { return }
        workers[node]?.role.prepared(stopped.job, stopped.attempt, promptTokens: UInt32(prompt.count))
        let deadline = submission.remainingMilliseconds.map { localTime(node) + .milliseconds(Int64($0)) }
        var request = world.request(submission, prompt: prompt, deadline: deadline)
        world.change(&request, to: worker.revision(of: submission.job.id))
        worker.engine.engine.submit(request)
        scheduleStep(node)
        settleWorker(node)
    }

    func scheduleStep(_ node: NodeID) {
        guard let worker = workers[node], !worker.stepIsScheduled, worker.engine.engine.hasWork else {
            return
        }
        let time = random.duration(world.stepTime)
        workers[node]?.stepIsScheduled = true
        workers[node]?.stepTime = time
        plan(.steps(node, life: worker.state.life), after: time)
    }

    func step(_ node: NodeID, _ life: Int) {
        guard let worker = workers[node], worker.state.isAlive, worker.state.life == life else { return }
        workers[node]?.stepIsScheduled = false
        workers[node]?.step += 1
        let records = worker.engine.engine.step(at: localTime(node))
        worker.engine.engine.note(stepTook: worker.stepTime)
        for words in worker.engine.engine.audit() { violate("\(node) engine: \(words)") }
        for record in records where record.end != nil { workers[node]?.runs[record.job] = nil }
        let local = localTime(node)
        tell(of: worker.engine, by: node)
        workers[node]?.role.produced(records, step: worker.step + 1, at: local)
        scheduleStep(node)
        settleWorker(node)
    }

    // MARK: What clients see

    /// Whether an edge speaks of a stream whose client is not there, or not any more.
    private func isElsewhere(_ index: Int, _ node: NodeID) -> Bool {
        guard clients[index].job.ticket != nil else { return false }
        let phase = clients[index].phase
        return clients[index].edge != node || phase == .away || phase == .seeking || phase == .aborted
    }

    func show(_ record: TokenRecord, by node: NodeID) {
        guard let index = clientIndex[record.job] else { return violate("\(node) shows an unknown job") }
        if isElsewhere(index, node) || isToldAgain(record, index) { return }
        learnsOfStream(index, at: node)
        // By now the edge has acknowledged it.
        if plant == .ackBeforeAppend, random.once(in: 20) { return }
        guard clients[index].phase == .running else {
            return violate("job \(record.job) is shown a record after its end: \(clients[index].phase)")
        }
        guard Int(record.position) == clients[index].ids.count else {
            return violate(
                "job \(record.job) is shown position \(record.position) after \(clients[index].ids.count)"
            )
        }
        if record.attempt > .first, record.opening != nil { report.continuations += 1 }
        if let opening = record.opening { countOpening(index, opening) }
        clients[index].recordsHere = record.ids.isEmpty ? clients[index].recordsHere + 1 : 0
        clients[index].ids += record.ids
        clients[index].text += record.text
        report.tokens += record.ids.count
        if !record.ids.isEmpty {
            countFirstToken(index)
            clients[index].turnedAwayCount = 0
        }
        countShown(index, record.ids.count)
        compare(clients[index])
        if let end = record.end { ended(record.job, end, by: node) }
    }

    private func refused(_ job: JobID, _ refusal: Refusal, by node: NodeID) {
        guard let index = clientIndex[job] else { return violate("\(node) refuses an unknown job") }
        guard !isElsewhere(index, node) else { return noteEndUnseen(index, refusal.code) }
        if isTurnedAway(index, refusal.code) { return sendAway(index) }
        guard clients[index].phase == .running, clients[index].ids.isEmpty else {
            return violate("job \(job) is refused after it began: \(refusal)")
        }
        let isLate = refusal.code == .deadlineExceeded || refusal.code == .deadlineUnreachable
        let isHopeless = refusal.code == .modelFailed && mayFail(clients[index].job.model)
        let allowed = isHopeless || refusal.code == .laneFull || (isLate && hasDeadline(index))
        if !allowed { violate("job \(job) is refused: \(refusal)") }
        clients[index].phase = .refused(refusal)
    }

    private func ended(_ job: JobID, _ end: StreamEnd, by node: NodeID) {
        guard let index = clientIndex[job] else { return violate("\(node) ends an unknown job") }
        guard !isElsewhere(index, node) else {
            if case .failed(let failure) = end { noteEndUnseen(index, failure.code) }
            return
        }
        guard clients[index].phase == .running else {
            return violate("job \(job) ends twice: \(clients[index].phase), then \(end)")
        }
        if case .failed(let failure) = end, isTurnedAway(index, failure.code) { return sendAway(index) }
        clients[index].phase = .ended(end)
        countEnd(index)
        switch end {
        case .stop, .length: compareWhole(clients[index], end)
        case .cancelled:
            if !clients[index].cancelled { violate("job \(job) was cancelled by nobody") }
        case .failed(let failure):
            let isHopeless =
                failure.code == .modelFailed && (mayFail(clients[index].job.model) || isStranded(index))
            if !isHopeless, failure.code != .deadlineExceeded || !hasDeadline(index) {
                violate("job \(job) failed: \(failure)")
            }
        }
    }

    private func hasDeadline(_ index: Int) -> Bool { clients[index].job.limits.timeoutMilliseconds != nil }
}
