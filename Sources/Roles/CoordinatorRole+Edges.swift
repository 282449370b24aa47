internal import Contract
internal import Lanes

extension CoordinatorRole {
    /// A process says hello.
    ///
    /// A name that changes its role starts from nothing.
    mutating func greeted(_ node: NodeID, _ header: LinkHeader, _ hello: Hello, at now: Instant) {
        switch hello.role {
        case .coordinator:
            if workers[node] != nil { forgetWorker(node, .workerDied, at: now) }
            if edges[node] != nil { forgetEdge(node, at: now) }
            return greetedByStandby(node, header, at: now)
        case .edge:
            if workers[node] != nil { forgetWorker(node, .workerDied, at: now) }
            standbys[node] = nil
            if edges[node] == nil {
                guard edges.count < limits.peers else { return }
                edges[node] = EdgePeer(link: Link(.server, epoch: epoch, at: now), lastSent: now)
            }
            guard case .opened(let newLife) = edges[node]?.link.receive(header, opens: true, at: now) else {
                return
            }
            enterEdge(node, hello, newLife: newLife, at: now)
        case .worker:
            if edges[node] != nil { forgetEdge(node, at: now) }
            standbys[node] = nil
            if workers[node] == nil {
                guard workers.count < limits.peers else { return }
                workers[node] = WorkerPeer(link: Link(.server, epoch: epoch, at: now), lastSent: now)
                numberWorker(node)
            }
            touchedWorkers.insert(node)
            guard case .opened(let newLife) = workers[node]?.link.receive(header, opens: true, at: now) else {
                return
            }
            enterWorker(node, hello, newLife: newLife, at: now)
        }
        schedule(at: now)
    }

    mutating func hearEdge(_ node: NodeID, _ message: Message, at now: Instant) {
        switch message {
        case .submit(let submission): submit(submission, from: node, at: now)
        case .cancel(let job, let attempt): cancel(job, attempt, from: node, at: now)
        case .manage(let request): manage(request, from: node, at: now)
        case .seek(let job, _): seek(job, by: node, at: now)
        case .unfound(let job, let edge): denied(job, for: edge, by: node, at: now)
        case .bye: forgetEdge(node, at: now)
        default: break
        }
    }

    mutating func keepEdge(_ node: NodeID, at now: Instant) {
        guard let edge = edges[node] else { return }
        if now - edge.link.lastHeard > timing.edgeGone { return forgetEdge(node, at: now) }
        if edge.link.isOpen, now - edge.lastSent >= timing.heartbeat {
            let beat = Heartbeat(
                running: UInt32(clamping: leasedCount),
                waiting: UInt32(clamping: waitingCount)
            )
            send(.heartbeat(beat), toEdge: node, at: now)
        }
    }

    /// The models that can be asked for, in a fixed order.
    var modelCards: [ModelCard] { models.keys.sorted().compactMap { models[$0] } }

    mutating func announceModels(at now: Instant) {
        for node in edges.keys.sorted() { send(.models(modelCards), toEdge: node, at: now) }
    }

    /// An edge that is gone for good: its waiting jobs have nobody to go to.
    ///
    /// What runs for it is the workers' to stop, since they see for themselves whether the edge still takes
    /// tokens.
    mutating func forgetEdge(_ node: NodeID, at now: Instant) {
        edges[node] = nil
        for job in queue.jobs(of: node) { removeWaiting(job, at: now) }
        orphans = orphans.filter { $0.value.edge != node }
    }

    private mutating func enterEdge(_ node: NodeID, _ hello: Hello, newLife: Bool, at now: Instant) {
        edges[node]?.tokenEndpoint = hello.tokenEndpoint
        edges[node]?.openedAt = now
        let beat = UInt32(clamping: timing.heartbeat.milliseconds)
        var welcome = Welcome(heartbeatMilliseconds: beat, models: modelCards)
        welcome.prefixSecret = agreeOnSecret(with: hello)
        send(.welcome(welcome), toEdge: node, at: now)
        let held = Dictionary(hello.jobs.map { ($0.job, $0) }, uniquingKeysWith: { first, _ in first })
        for job in queue.jobs(of: node) where held[job.id]?.attempt != job.submission.attempt {
            let isLeft = newLife && held[job.id] == nil
            if isLeft { removeWaiting(job, at: now) } else { queue.remove(job.id) }
        }
        for (worker, peer) in workers.sorted(by: { $0.key < $1.key }) {
            for (job, lease) in peer.leases.sorted(by: { $0.key < $1.key })
            where lease.edge == node && held[job]?.attempt != lease.attempt {
                // Its worker keeps it for a while, for whoever the client comes to. An edge that is only new
                // to this coordinator has gone on with it.
                if newLife, lease.isResumable, held[job] == nil { continue }
                send(.cancel(job, lease.attempt), toWorker: worker, at: now)
                release(job)
            }
        }
        orphans = orphans.filter { $0.value.edge != node || held[$0.key]?.attempt == $0.value.attempt }
        for job in hello.jobs { place(job, of: node, at: now) }
    }

    /// Finds a place for a job that an edge says it has: waiting, leased, or at a worker that may still come.
    private mutating func place(_ job: HeldJob, of edge: NodeID, at now: Instant) {
        noteTwin(job.job, job.retryKey, at: now)
        guard settleOwner(job, edge, at: now) else { return }
        if orphans[job.job]?.edge != edge { dismissOrphan(job.job, for: edge, at: now) }
        guard !queue.contains(job.job), leasedTo[job.job] == nil, orphans[job.job] == nil else { return }
        let workerMayCome = job.worker.map { workers[$0] == nil } ?? false
        if job.running, let worker = job.worker, workerMayCome, now - startedAt <= timing.rebuild {
            orphans[job.job] = OrphanJob(attempt: job.attempt, edge: edge, worker: worker, since: now)
        } else {
            tellLost(
                job.job,
                job.attempt,
                job.running && workerMayCome ? .workerDied : .notHeld,
                to: edge,
                at: now
            )
        }
    }

    private mutating func submit(_ submission: Submission, from node: NodeID, at now: Instant) {
        let id = submission.job.id
        let attempt = submission.attempt
        counters.submitted += 1
        guard !refusesFormerOwner(id, attempt, node, at: now) else { return }
        dismissWaiting(id, for: node, at: now)
        if let waiting = queue.waitingAttempt(of: id), waiting >= attempt { return }
        parked[id] = nil
        if claim(submission, by: node, at: now) { return }
        if let holder = leasedTo[id], let lease = workers[holder]?.leases[id] {
            guard attempt > lease.attempt else { return }
            withdraw(id, lease, from: holder, for: node, at: now)
        }
        dismissOrphan(id, for: node, at: now)
        // A job that was accepted before, or by a coordinator that has died since, waits for its model's
        // workers. An edge keeps what our predecessor told it for a while, and its clock is not ours.
        guard !hasTwin(submission, from: node, at: now) else { return }
        let openedAt = max(startedAt, edges[node]?.openedAt ?? startedAt)
        let mayBeKnown = attempt > .first || now - openedAt <= timing.rebuild * 2
        guard mayBeKnown || models[submission.job.model] != nil else {
            let detail = "no worker has the model \"\(submission.job.model)\""
            return refuse(id, attempt, Refusal(.unknownModel, detail), to: node, at: now)
        }
        if let refusal = hopelessness(of: submission.job.model) ?? lackOfWeights(submission, at: now) {
            return refuse(id, attempt, refusal, to: node, at: now)
        }
        guard queue.contains(id) || queue.count(of: node) < limits.jobsPerEdge else {
            let detail = "\(limits.jobsPerEdge) jobs of this edge are waiting, its limit"
            return refuse(id, attempt, Refusal(.laneFull, detail, retryAfterSeconds: 5), to: node, at: now)
        }
        do throws(Refusal) {
            try queue.offer(WaitingJob(submission, edge: node, at: now), mustEnter: attempt > .first, at: now)
            noteTwin(id, submission.job.retryKey, at: now)
            send(.accepted(id, attempt), toEdge: node, at: now)
        } catch {
            refuse(id, attempt, error, to: node, at: now)
        }
    }

    private mutating func cancel(_ job: JobID, _ attempt: Attempt, from node: NodeID, at now: Instant) {
        counters.cancelled += 1
        guard queue.waiting(job).map({ $0.edge == node }) ?? true else { return }
        orphans[job] = nil
        if let waiting = queue.remove(job) {
            forgetTwin(job)
            return send(.cancelled(job, waiting.submission.attempt), toEdge: node, at: now)
        }
        guard let holder = leasedTo[job] else { return send(.cancelled(job, attempt), toEdge: node, at: now) }
        if workers[holder]?.leases[job]?.attempt == attempt { forgetTwin(job) }
        // The worker's `done` releases the lease and tells the edge.
        send(.cancel(job, attempt), toWorker: holder, at: now)
    }
}
