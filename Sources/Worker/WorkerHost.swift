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
/// Four kinds of thread, each with one business: this loop speaks, the preparer tokenizes, an engine per
/// model steps, and models are loaded and freed beside them. Belongs to the loop's thread.
public final class WorkerHost: RoleHost {
    private static let tick = Duration.milliseconds(50)
    /// A step that takes longer than this is taken for stuck: the worker goes silent, and its jobs go on
    /// elsewhere.
    private static let longestStep = Duration.seconds(30)

    private let environment: PortEnvironment
    let configuration: WorkerConfiguration
    private let loop: EventLoop
    let log: Log
    var gauges: WorkerGauges
    let prefixes: PrefixStore?
    private let prefixGauges: PrefixGauges?
    let reports: Mailbox<EngineReport>
    private let prepared: Mailbox<PreparedLease>
    /// What is in memory, by slot.
    var models: [Int: LoadedModel] = [:]
    /// The last slot that was given out.
    var lastSlot: Int
    let loader: ModelLoader
    private let preparer: Preparer
    private var role: WorkerRole
    private var coordinators: CoordinatorDialers?
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
        gauges = WorkerGauges(environment.metrics)
        reports = try Mailbox()
        prepared = try Mailbox()
        let loads = try Mailbox<LoaderReport>()
        loader = try ModelLoader(configuration, results: loads, environment.loop)
        prefixes = configuration.prefixes?.open(environment.log)
        prefixGauges = prefixes.map { _ in PrefixGauges(environment.metrics) }
        preparer = try Preparer(results: prepared)
        let start = ModelStart(slot: 0, prefixes: prefixes, reports: reports, log: environment.log)
        let first = try FirstModels(configuration, start, at: environment.loop)
        models = first.models
        lastSlot = first.models.count
        for model in first.models.values { gauges.note(model.served.name) }
        var identity = WorkerRole.Identity(
            node: environment.node,
            epoch: environment.epoch,
            fingerprint: configuration.fingerprint
        )
        identity.coordinatorCount += configuration.standbys.count
        role = WorkerRole(
            identity,
            capacities: first.models.values.sorted { $0.slot < $1.slot }.map(\.capacity),
            pool: first.pool,
            at: environment.loop.now
        )
        try loop.attach(reports) { [weak self] in self?.take($0) }
        try loop.attach(prepared) { [weak self] in self?.take($0) }
        try loop.attach(loads) { [weak self] in self?.take($0) }
        timer = loop.schedule(every: Self.tick) { [weak self] in self?.beat() }
        coordinators = try CoordinatorDialers(
            environment,
            to: [configuration.coordinator] + configuration.standbys,
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
        loop.sayGoodbye()
        coordinators?.close()
        for dialer in edges.values { dialer.close() }
        preparer.stop()
        for model in models.values { model.thread.stop() }
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

    func change(_ body: (inout WorkerRole, Instant) -> Void) {
        body(&role, loop.now)
        settle()
    }

    private func beat() {
        let now = loop.now
        if role.jobCount == 0, let whenIdle {
            self.whenIdle = nil
            whenIdle()
        }
        let stuck = models.values.contains {
            $0.thread.stepTime(at: now).map { $0 > Self.longestStep } ?? false
        }
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
            role.hold(report.holdings)
            // A model that was dropped has nothing more to say.
            guard let model = models[report.slot] else { continue }
            gauges.show(report, of: model.served.name)
            note(report.counters, of: model.served.name)
            role.produced(told(report, model.served), step: stepCount, at: loop.now)
        }
        settle()
    }

    /// What the engine tells of its own speed and memory; one that reads texts tells nothing.
    private func note(_ counters: EngineCounters, of model: String) {
        guard counters.steps > 0 else { return }
        var load = ModelLoad(model: model)
        load.promptTokens = UInt64(counters.promptRowsLeft)
        load.emptyTokens = UInt64(counters.emptyBlocks * counters.blockTokens)
        load.promptRate = Float(counters.promptRowsPerSecond)
        load.streamSeconds = Float(counters.secondsPerStream)
        role.measured(load)
    }

    /// The records of a step, with what is known here of the streams that open.
    private func told(_ report: EngineReport, _ model: ServedModel) -> [TokenRecord] {
        var records = report.records
        for index in records.indices where records[index].opening != nil || records[index].end != nil {
            guard let trail = trails.removeValue(forKey: records[index].job),
                let opening = records[index].opening
            else { continue }
            records[index].opening?.reuseEnd = trail.end(
                cachedTokens: Int(opening.cachedTokens),
                model.tokenizer
            )
        }
        return records
    }

    private func take(_ taken: [PreparedLease]) {
        for result in taken {
            let submission = result.lease.submission
            let id = submission.job.id
            guard role.holds(id, submission.attempt), let model = models[result.slot] else { continue }
            switch result.outcome {
            case .success(.answer(let answer)):
                role.produced(answer.records(for: submission), step: stepCount, at: loop.now)
            case .success(.prompt(let prompt)):
                role.prepared(id, submission.attempt, promptTokens: UInt32(clamping: prompt.ids.count))
                let request = request(submission, prompt, model.served)
                trails[id] = prompt.trail
                model.thread.submit(.generation(request))
            case .success(.text(let input)):
                role.prepared(id, submission.attempt, promptTokens: UInt32(clamping: input.ids.count))
                model.thread.submit(.text(EncoderRequest(submission: submission, input: input)))
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
        request.scope = submission.job.routing.prefixScope
        request.links = prompt.links
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
        case .sendToCoordinator(let envelope): coordinators?.send(envelope)
        case .callCoordinator(let place): coordinators?.turn(to: place)
        case .sendToEdge(let node, let envelope): edges[node]?.send(envelope)
        case .dial(let node, let endpoint): dial(node, endpoint)
        case .hangUp(let node): edges.removeValue(forKey: node)?.close()
        case .start(let lease):
            let job = lease.submission.job
            guard let generation = role.generation(of: job.id),
                let model = model(job.model, generation)
            else { return }
            preparer.prepare(lease, slot: model.slot, model.served)
        case .stop(let job, let attempt):
            trails[job] = nil
            for model in models.values { model.thread.cancel(job, attempt) }
        case .loadModel(let name, let generation, let within):
            load(name, generation: generation, within: within)
        case .dropModel(let name, let generation):
            if let model = model(name, generation) { loader.drop(model) }
        }
    }

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
