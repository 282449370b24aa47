internal import Contract
internal import Dialects
internal import EventLoop
internal import Fingerprints
internal import Glibc
internal import Http
internal import Messaging
public import Ports
internal import Retries
internal import Roles
internal import Telemetry

/// An edge as a process part: HTTP on one side, the fleet on the other, both on one loop around `EdgeRole`.
///
/// Because both are on the same loop, a token goes from the worker's frame to the client's socket without a
/// thread in between. More cores are used by more edges, each with its own loop, on a shared port. Belongs to
/// the loop's thread.
public final class EdgeHost: RoleHost {
    private static let tick = Duration.milliseconds(50)
    private static let sweep = Duration.seconds(1)
    /// With the sweep below five seconds, the longest silence that a client may see.
    private static let keepAliveAfter = Duration.milliseconds(3500)

    let environment: PortEnvironment
    let configuration: EdgeConfiguration
    let log: Log
    private(set) var meters: EdgeMeters
    let loop: EventLoop
    private let routes = RouteTable()
    private(set) var role: EdgeRole
    private var early = EarlyRequests()
    /// Requests being answered, by each of their jobs, with the job's place among the choices.
    private var exchanges: [JobID: (exchange: any Audience, choice: Int)] = [:]
    /// Responses that are made here or followed from here.
    private(set) lazy var responses = ResponseDesk(self, configuration.responses)
    /// Operators who wait for the coordinator's word.
    private(set) lazy var admin = AdminDesk(self)
    /// The models' names when they were last logged.
    private var loggedNames = ""
    /// Streams that clients can come back to.
    private(set) lazy var streams = StreamDesk(self)
    /// Requests that may come again.
    private(set) lazy var retries = RetryDesk(self, configuration.retries)
    private var server: HttpServer?
    private var coordinators: CoordinatorDialers?
    private var workers: EnvelopeListener?
    private var timers: [TimerID] = []
    private var isSettling = false
    private var chain: PromptChain?
    /// Whether it has been asked to end: it serves on for a while, and is not ready.
    private(set) var isLeaving = false

    public init(_ environment: PortEnvironment, _ configuration: EdgeConfiguration) throws {
        self.environment = environment
        self.configuration = configuration
        loop = environment.loop
        log = environment.log
        meters = EdgeMeters(environment.metrics, tenants: configuration.keys.tenants)
        let now = environment.loop.now
        let workerPort = EdgeRole.Identity(
            node: environment.node,
            epoch: environment.epoch,
            tokenEndpoint: ""
        )
        role = EdgeRole(workerPort, at: now)
        workers = try EnvelopeListener(environment, at: configuration.tokens, .tokens, workerHandlers())
        var identity = EdgeRole.Identity(
            node: environment.node,
            epoch: environment.epoch,
            tokenEndpoint: (configuration.announced ?? workers?.endpoint ?? configuration.tokens).description
        )
        identity.coordinatorCount += configuration.standbys.count
        role = EdgeRole(identity, at: now)
        server = try HttpServer(
            loop: loop,
            address: configuration.address,
            limits: configuration.http,
            service: makeService()
        )
        coordinators = try CoordinatorDialers(
            environment,
            to: [configuration.coordinator] + configuration.standbys,
            coordinatorHandlers()
        )
        try responses.open()
        timers = [
            loop.schedule(every: Self.tick) { [weak self] in self?.change { $0.tick(at: $1) } },
            loop.schedule(every: Self.sweep) { [weak self] in
                guard let self else { return }
                keepAlive()
                admin.expire()
                streams.sweep(at: loop.now)
                retries.sweep(at: loop.now)
                showCounts()
            },
        ]
        loop.schedule(after: EarlyRequests.patience) { [weak self] in self?.letThrough() }
        let address = ListenAddress(host: configuration.address.host, port: port)
        log.info("listening", ["address": "http://\(address)"])
    }

    /// The port that clients find this edge at.
    public var port: UInt16 { server?.port ?? 0 }
    /// Brings the figures that others read up to date.
    func showCounts() {
        meters.show(server?.counters ?? HttpCounters(), jobCount: role.jobCount)
        var loads: [String: TenantLoad] = [:]
        role.forEachJob { loads[$0, default: TenantLoad()].count(isRunning: $1) }
        meters.tenants.show(loads)
    }

    func showKeptReplies(count: Int, byteCount: Int) {
        meters.retries.show(count: count, byteCount: byteCount)
    }

    /// Says at once that it is not ready, stops accepting after `drainDelay`, and calls back when what was
    /// accepted has ended.
    public func drain(_ whenIdle: @escaping () -> Void) {
        isLeaving = true
        server?.endConnections()
        guard configuration.drainDelay > .zero else { return finishServing(whenIdle) }
        loop.schedule(after: configuration.drainDelay) { [weak self] in self?.finishServing(whenIdle) }
    }

    private func finishServing(_ whenIdle: @escaping () -> Void) {
        server?.drain { [weak self] in
            guard let self else { return }
            role.drain()
            // Responses that run without a client are waited for too.
            responses.whenIdle(whenIdle)
        }
    }

    public func close() {
        role.leave(at: loop.now)
        settle()
        loop.sayGoodbye()
        for timer in timers { loop.cancel(timer) }
        responses.close()
        server?.close()
        coordinators?.close()
        workers?.close()
    }

    // MARK: Requests

    /// The served model that is meant by a name in a request.
    func model(_ asked: String) throws(DialectError) -> ModelCard {
        guard role.takesJobs else {
            let detail =
                role.isDraining ? "this server is shutting down" : "no worker has announced a model yet"
            throw DialectError(role.isDraining ? .draining : .noWorkers, detail, retryAfterSeconds: 1)
        }
        let served = role.models.map(\.name)
        let name = configuration.naming.resolve(asked, among: served)
        guard let card = role.models.first(where: { $0.name == name }) else {
            throw DialectError(unknownModel: asked, meaning: name, served: served)
        }
        return card
    }

    private func makeService() -> HttpService {
        var service = HttpService { [weak self] request, responder in
            guard let self else { return }
            let context = RouteContext(edge: self, request: request, responder: responder)
            if !early.holds(context) { routes.handle(context) }
        }
        service.render = { [routes] fault, head in
            let answer = routes.refusal(of: fault, head)
            return Reply(status: answer.status, headers: ReplyHeaders(answer.headers), body: answer.body)
        }
        return service
    }

    private func letThrough() { for context in early.letThrough() { routes.handle(context) } }

    /// Puts the jobs of a request up and answers it as they are done.
    func run(_ plan: GenerationPlan, _ writer: any ReplyWriter, _ responder: Responder, requestID: String) {
        let exchange = Exchange(
            plan,
            writer,
            responder,
            requestID: requestID,
            headers: limitHeaders(plan),
            at: loop.now
        )
        responder.onClose = { [weak self, weak exchange] in exchange.map { self?.abandon($0) } }
        start(exchange, plan.jobs)
    }

    /// Puts jobs up for somebody who is shown what comes of them.
    func start(_ audience: any Audience, _ jobs: [Job]) {
        for (choice, job) in jobs.enumerated() { exchanges[job.id] = (audience, choice) }
        meters.requests.increment()
        var links: [PromptLink] = []
        for job in jobs where exchanges[job.id] != nil {
            if !job.isFurtherChoice { links = self.links(of: job) }
            change { $0.accept(job, links: links, at: $1) }
        }
    }

    /// The links of a prompt, made with the fleet's secret, which changes hardly ever.
    private func links(of job: Job) -> [PromptLink] {
        if chain?.secret != role.prefixSecret { chain = PromptChain(secret: role.prefixSecret) }
        return chain?.links(of: job) ?? []
    }

    /// What clients are told of the room that is left beside a plan.
    func limitHeaders(_ plan: GenerationPlan) -> [HttpField] {
        plan.dialect.limitHeaders(
            limit: role.jobLimit,
            remaining: role.jobLimit - role.jobCount - plan.jobs.count,
            now: secondsSince1970
        )
    }

    var secondsSince1970: UInt64 { UInt64(max(0, time(nil))) }

    /// The client is gone: nobody wants the rest.
    func abandon(_ audience: any Audience) {
        meters.abandoned.increment()
        stop(audience)
    }

    func stop(_ audience: any Audience) {
        for job in audience.open.sorted() {
            exchanges[job] = nil
            change { $0.cancel(job, at: $1) }
        }
    }

    private func keepAlive() {
        for (exchange, _) in exchanges.values { exchange.keepAlive(after: Self.keepAliveAfter, at: loop.now) }
        responses.keepAlive(after: Self.keepAliveAfter, at: loop.now)
    }

    // MARK: The fleet

    private func coordinatorHandlers() -> EnvelopeDialer.Handlers {
        var handlers = EnvelopeDialer.Handlers(
            onEnvelope: { [weak self] envelope in
                self?.change { $0.receiveFromCoordinator(envelope, at: $1) }
            },
            onConnected: { [weak self] in self?.change { $0.coordinatorConnected(at: $1) } },
            onConnectionLost: { [weak self] in self?.change { role, _ in role.coordinatorDisconnected() } },
            onOutboxFull: { [weak self] in self?.change { role, _ in role.coordinatorDisconnected() } }
        )
        handlers.onUnsendable = { [weak self] message, reason in
            self?.change { role, _ in role.couldNotSend(message, reason) }
        }
        return handlers
    }

    private func workerHandlers() -> EnvelopeListener.Handlers {
        EnvelopeListener.Handlers(
            onEnvelope: { [weak self] node, envelope in
                self?.change { $0.receiveFromWorker(node, envelope, at: $1) }
            },
            onUnreachable: { [weak self] node in self?.change { $0.workerUnreachable(node, at: $1) } }
        )
    }

    /// Goes on with the jobs of another edge.
    func adopt(_ run: StreamRun, _ submission: Submission) {
        exchanges[run.stream] = (run, 0)
        change { $0.adopt(submission, at: $1) }
    }

    func change(_ body: (inout EdgeRole, Instant) -> Void) {
        body(&role, loop.now)
        settle()
    }

    private func settle() {
        // Effects can cause effects: a send that fails, or a reply that ends a request. The loop takes those
        // up too.
        guard !isSettling else { return }
        isSettling = true
        defer { isSettling = false }
        while true {
            let effects = role.takeEffects()
            if effects.isEmpty { return }
            for effect in effects { perform(effect) }
        }
    }

    private func perform(_ effect: EdgeRole.Effect) {
        switch effect {
        case .sendToCoordinator(let envelope): coordinators?.send(envelope)
        case .callCoordinator(let place): coordinators?.turn(to: place)
        case .sendToWorker(let node, let envelope): workers?.send(envelope, to: node)
        case .show(let record): show(record)
        case .refused(let job, let refusal): fail(job, DialectError(refusal))
        case .ended(let job, .failed(let failure)): fail(job, DialectError(failure))
        case .ended(let job, _): exchanges[job] = nil
        case .position(let place): exchanges[place.job]?.exchange.note(place)
        case .managed(let reply): admin.take(reply)
        case .found(let submission): streams.found(submission)
        case .unfound(let job): streams.unfound(job)
        case .foundTwin(let job, let submission): foundTwin(job, submission)
        case .modelsChanged:
            if role.takesJobs { loop.schedule(after: .zero) { [weak self] in self?.letThrough() } }
            let names = role.models.filter(\.isWithinReach).map(\.name).joined(separator: ", ")
            guard names != loggedNames else { return }
            loggedNames = names
            log.info("the fleet serves", ["models": LogValue(names)])
        }
    }

    /// A request came before, at another edge: its client is told that one's stream.
    private func foundTwin(_ job: JobID, _ twin: Submission) {
        let isShownHere = exchanges[twin.job.id] != nil
        let exchange = isShownHere ? nil : exchanges[job]?.exchange as? Exchange
        switch exchange?.match(twin) {
        case nil, .foreign:
            change { $0.runAnyway(job, at: $1) }
        case .another:
            meters.retries.noteConflict()
            change { $0.cancel(job, at: $1) }
            fail(job, .keyReused)
        case .same(let ticket):
            guard let exchange else { return }
            exchanges[job] = nil
            meters.retries.joined(.key)
            let run = streams.makeRun(ticket, tenant: exchange.tenant, outline: exchange.plan.outline)
            let headers = limitHeaders(exchange.plan) + RetryRules.headers(.key)
            run.follow(exchange.responder, after: .start, headers: headers)
            exchanges[run.stream] = (run, 0)
            change { $0.replace(job, by: twin, at: $1) }
        }
    }

    private func show(_ record: TokenRecord) {
        guard let (exchange, choice) = exchanges[record.job] else { return }
        if record.end != nil { exchanges[record.job] = nil }
        meters.tokens.increment(by: UInt64(record.pickedCount))
        meters.tenants.count(record.pickedCount, of: exchange.tenant)
        let waited = exchange.firstTokenAt == nil
        let isFirst = exchange.prompt == nil
        exchange.show(record, choice: choice, at: loop.now)
        if isFirst, let prompt = exchange.prompt { note(prompt, of: exchange) }
        if waited, let first = exchange.firstTokenAt {
            meters.timeToFirstToken.observe(first - exchange.startedAt)
        }
        if exchange.isOver { finish(exchange) }
    }

    private func note(_ prompt: PromptReport, of exchange: any Audience) {
        meters.prompts.show(prompt)
        log.debug(
            "a prompt begins",
            [
                "request": LogValue(exchange.requestID), "model": LogValue(exchange.model),
                "tokens": LogValue(prompt.tokenCount), "reused": LogValue(prompt.reusedCount),
                "disk": LogValue(prompt.diskCount), "diverged": LogValue(prompt.divergence?.name ?? "none"),
            ]
        )
    }

    private func fail(_ job: JobID, _ error: DialectError) {
        guard let (exchange, _) = exchanges.removeValue(forKey: job) else { return }
        meters.failed.increment()
        exchange.fail(error, job: job, at: loop.now)
        finish(exchange)
    }

    /// The reply is out; choices that still run are not wanted any more.
    private func finish(_ exchange: any Audience) {
        meters.duration.observe(loop.now - exchange.startedAt)
        stop(exchange)
    }
}
