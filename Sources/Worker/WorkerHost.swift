internal import Contract
public import Ports
internal import Engine
internal import EventLoop
internal import Messaging
internal import PrefixStore
internal import Roles
internal import Telemetry
internal import Tokenizer
internal import Transformer

/// A worker as a process part: sockets, threads and a clock around `WorkerRole` and its engines.
///
/// Three kinds of thread, each with one business: this loop speaks, the preparer tokenizes, an engine per
/// model steps. Belongs to the loop's thread.
public final class WorkerHost: RoleHost {
    private static let tick = Duration.milliseconds(50)
    /// A step that takes longer than this is taken for stuck: the worker goes silent, and its jobs go on
    /// elsewhere.
    private static let longestStep = Duration.seconds(30)

    private let environment: PortEnvironment
    private let configuration: WorkerConfiguration
    private let loop: EventLoop
    private let log: Log
    private let gauges: WorkerGauges
    private let prefixes: PrefixStore?
    private let prefixGauges: PrefixGauges?
    private let reports: Mailbox<EngineReport>
    private let prepared: Mailbox<PreparedLease>
    private let engines: [any ModelThread]
    private let preparer: Preparer
    private var role: WorkerRole
    private var coordinator: EnvelopeDialer?
    private var edges: [NodeID: EnvelopeDialer] = [:]
    /// Of the jobs whose streams have not opened.
    private var trails: [JobID: PromptTrail] = [:]
    private var timer: TimerID?
    private var stepCount: UInt64 = 0
    private var isStuck = false
    /// What to call when the last job has ended; set while draining.
    private var whenIdle: (() -> Void)?
    private var isSettling = false

    /// Loads the models, which may take a while, and dials the coordinator.
    public init(_ environment: PortEnvironment, _ configuration: WorkerConfiguration) throws {
        self.environment = environment
        self.configuration = configuration
        loop = environment.loop
        log = environment.log
        gauges = WorkerGauges(environment.metrics, models: configuration.models.map(\.name))
        reports = try Mailbox()
        prepared = try Mailbox()
        prefixes = configuration.prefixes?.open(environment.log)
        prefixGauges = prefixes.map { _ in PrefixGauges(environment.metrics) }
        let loaded = try LoadedEngines(
            configuration,
            prefixes: prefixes,
            reports: reports,
            log: environment.log
        )
        engines = loaded.threads
        preparer = try Preparer(models: configuration.models, results: prepared)
        role = WorkerRole(
            WorkerRole.Identity(
                node: environment.node,
                epoch: environment.epoch,
                fingerprint: loaded.fingerprint
            ),
            capacities: loaded.capacities,
            at: environment.loop.now
        )
        try loop.attach(reports) { [weak self] in self?.take($0) }
        try loop.attach(prepared) { [weak self] in self?.take($0) }
        timer = loop.schedule(every: Self.tick) { [weak self] in self?.beat() }
        coordinator = try EnvelopeDialer(
            environment,
            to: configuration.coordinator,
            .control,
            coordinatorHandlers()
        )
    }

    /// Takes no more leases, and calls back when the edges have everything.
    public func drain(_ whenIdle: @escaping () -> Void) {
        self.whenIdle = whenIdle
        role.drain(at: loop.now)
        settle()
    }

    /// Hands back what is left, says goodbye and stops the threads.
    public func close() {
        role.leave(at: loop.now)
        settle()
        timer.map(loop.cancel)
        // One more turn, so that the goodbyes leave before the sockets close.
        loop.turn(wait: .milliseconds(20))
        coordinator?.close()
        for dialer in edges.values { dialer.close() }
        preparer.stop()
        for engine in engines { engine.stop() }
        prefixes?.stop()
    }

    // MARK: Events

    private func coordinatorHandlers() -> EnvelopeDialer.Handlers {
        EnvelopeDialer.Handlers(
            onEnvelope: { [weak self] envelope in
                self?.change { $0.receiveFromCoordinator(envelope, at: $1) }
            },
            onConnected: { [weak self] in self?.change { $0.coordinatorConnected(at: $1) } },
            onConnectionLost: { [weak self] in self?.change { role, _ in role.coordinatorDisconnected() } },
            onOutboxFull: { [weak self] in self?.change { role, _ in role.coordinatorDisconnected() } }
        )
    }

    private func edgeHandlers(_ node: NodeID) -> EnvelopeDialer.Handlers {
        EnvelopeDialer.Handlers(
            onEnvelope: { [weak self] envelope in
                self?.change { $0.receiveFromEdge(node, envelope, at: $1) }
            },
            onConnected: { [weak self] in self?.change { $0.edgeConnected(node, at: $1) } },
            onConnectionLost: { [weak self] in self?.change { role, _ in role.edgeDisconnected(node) } },
            onOutboxFull: { [weak self] in self?.change { role, _ in role.edgeOutboxFull(node) } }
        )
    }

    private func change(_ body: (inout WorkerRole, Instant) -> Void) {
        body(&role, loop.now)
        settle()
    }

    private func beat() {
        let now = loop.now
        if role.jobCount == 0, let whenIdle {
            self.whenIdle = nil
            whenIdle()
        }
        let stuck = engines.contains { $0.stepTime(at: now).map { $0 > Self.longestStep } ?? false }
        if stuck, !isStuck { log.error("an engine step does not end; going silent") }
        if isStuck, !stuck { log.warn("the engine step has ended; speaking again") }
        isStuck = stuck
        // The heartbeat vouches for the engines, not for this loop.
        guard !stuck else { return }
        gauges.show(role)
        if let prefixes { prefixGauges?.show(prefixes.counters) }
        change { $0.tick(step: stepCount, at: $1) }
    }

    private func take(_ taken: [EngineReport]) {
        for report in taken {
            stepCount += 1
            gauges.show(report)
            role.produced(told(report), step: stepCount, at: loop.now)
        }
        settle()
    }

    /// The records of a step, with what is known here of the streams that open.
    private func told(_ report: EngineReport) -> [TokenRecord] {
        var records = report.records
        for index in records.indices where records[index].opening != nil || records[index].end != nil {
            guard let trail = trails.removeValue(forKey: records[index].job),
                let opening = records[index].opening
            else { continue }
            records[index].opening?.reuseEnd = trail.end(
                cachedTokens: Int(opening.cachedTokens),
                configuration.models[report.model].tokenizer
            )
        }
        return records
    }

    private func take(_ taken: [PreparedLease]) {
        for result in taken {
            let submission = result.lease.submission
            let id = submission.job.id
            guard role.holds(id, submission.attempt) else { continue }
            switch result.outcome {
            case .success(.answer(let answer)):
                role.produced(answer.records(for: submission), step: stepCount, at: loop.now)
            case .success(.prompt(let prompt)):
                role.prepared(id, submission.attempt, promptTokens: UInt32(clamping: prompt.ids.count))
                let request = request(submission, prompt, configuration.models[result.model])
                trails[id] = prompt.trail
                engines[result.model].submit(.generation(request))
            case .success(.text(let input)):
                role.prepared(id, submission.attempt, promptTokens: UInt32(clamping: input.ids.count))
                engines[result.model].submit(.text(EncoderRequest(submission: submission, input: input)))
            case .failure(let failure):
                var record = TokenRecord(job: id, attempt: submission.attempt, position: submission.next)
                record.end = .failed(failure)
                role.produced([record], step: stepCount, at: loop.now)
            }
        }
        settle()
    }

    private func request(
        _ submission: Submission,
        _ prompt: PreparedPrompt,
        _ model: ServedModel
    ) -> GenerationRequest {
        var request = GenerationRequest(
            job: submission.job.id,
            attempt: submission.attempt,
            promptIDs: prompt.ids,
            decoder: model.decoder(showsSpecialTokens: submission.job.output.showsSpecialTokens)
        )
        request.reading = prompt.reading
        request.committed = submission.committed
        request.sampling = submission.job.sampling
        request.limits = submission.job.limits
        request.constraint = prompt.constraint
        request.ownChoice = prompt.ownChoice
        if !request.limits.ignoresEnd { request.limits.stopTokens += prompt.endTokens }
        request.badWords = model.tokens(ofBadWords: submission.job.sampling.badWords)
        request.output = submission.job.output
        request.spelling = model.tokenizer
        request.echo = prompt.echo
        request.lane = submission.job.routing.lane
        request.scope = submission.job.routing.tenant
        request.deadline = submission.remainingMilliseconds.map { loop.now + .milliseconds(Int64($0)) }
        return request
    }

    // MARK: Effects

    private func settle() {
        // A send that fails at once comes back here; the loop below takes up what that adds.
        guard !isSettling else { return }
        isSettling = true
        defer { isSettling = false }
        while true {
            let effects = role.takeEffects()
            if effects.isEmpty { return }
            for effect in effects { perform(effect) }
        }
    }

    private func perform(_ effect: WorkerRole.Effect) {
        switch effect {
        // What another engine has to say would vouch for the one that is stuck. The gap that this leaves is
        // repaired like any other.
        case .sendToCoordinator where isStuck, .sendToEdge where isStuck: break
        case .sendToCoordinator(let envelope): coordinator?.send(envelope)
        case .sendToEdge(let node, let envelope): edges[node]?.send(envelope)
        case .dial(let node, let endpoint): dial(node, endpoint)
        case .hangUp(let node): edges.removeValue(forKey: node)?.close()
        case .start(let lease):
            guard let model = modelIndex(lease.submission.job.model) else { return }
            preparer.prepare(lease, model: model)
        case .stop(let job, let attempt):
            trails[job] = nil
            for engine in engines { engine.cancel(job, attempt) }
        }
    }

    private func modelIndex(_ name: String) -> Int? { configuration.models.firstIndex { $0.name == name } }

    /// An endpoint that cannot be dialed stays silent, and the role gives the job back in time.
    private func dial(_ node: NodeID, _ text: String) {
        do {
            let endpoint = try Messaging.Endpoint(text, allowInsecure: configuration.allowsInsecure)
            edges[node] = try EnvelopeDialer(environment, to: endpoint, of: node, .tokens, edgeHandlers(node))
        } catch {
            log.error("an edge cannot be dialed", ["edge": LogValue(node), "reason": LogValue("\(error)")])
        }
    }
}
