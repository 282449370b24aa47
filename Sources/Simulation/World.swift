internal import Contract
internal import Engine
internal import Fingerprints
internal import Lanes
internal import Placement
internal import Roles

/// The sizes of the simulated fleet: small enough that every limit is met in every history, unless a scenario
/// is about something else.
struct World: Sendable {
    var sequences: UInt32 = 4
    var blocks = 40
    var blockTokens = 4
    var contextTokens = 128
    var workerCount = 3
    /// Bytes between two links of a prompt, four for each token.
    var linkBytes = 16
    var lanes = World.smallLanes
    /// Microseconds that a step takes.
    var stepTime: ClosedRange<Int64> = 2_000...25_000
    /// Microseconds that a prompt is prepared for.
    var preparation: ClosedRange<Int64> = 100...30_000
    var rowsPerStep = 12
    var chunkRows = 5
    /// Tokens after which a text ends by itself, on average.
    var tokensPerEnd: UInt64 = 60
    /// What workers may load; empty: each has one model from the start.
    var models: [SimulatedModel] = []
    var budgetBytes: UInt64 = 0
    /// Microseconds that half a load takes.
    var loadTime: ClosedRange<Int64> = 20_000...300_000
    var placement = PlacementPolicy()

    var capacity: WorkerRole.Capacity {
        var card = ModelCard(name: FleetSimulation.model, contextTokens: UInt32(contextTokens))
        card.revision = "0"
        return WorkerRole.Capacity(
            card: card,
            sequences: sequences,
            tokens: UInt64(blocks * blockTokens)
        )
    }

    private static var smallLanes: LanePolicy {
        var policy = LanePolicy()
        policy.capacity = 24
        policy.quanta = [64, 16, 4]
        policy.lowMaxWait = .seconds(5)
        policy.localityTokens = 2048
        return policy
    }

    var limits: FleetLimits {
        var limits = FleetLimits()
        limits.recordsPerBundle = 3
        limits.recordsInFlight = 12
        limits.tokensPerAcknowledgement = 5
        // Faults come so thick here that many workers die under a job that has no part in it.
        limits.lossesAtOnePosition = 1000
        return limits
    }

    func engine() -> EngineBox {
        var limits = EngineLimits()
        // All models of a worker run in one engine here, two generations of each at most.
        let share = max(1, 2 * models.count)
        limits.sequences = Int(sequences) * share
        limits.rowsPerStep = rowsPerStep
        limits.chunkRows = chunkRows
        // Short texts, so that low ones stand aside more than once.
        limits.tokensBetweenPauses = 8
        return EngineBox(
            Engine(
                model: scripted(blocks: blocks * share),
                endTokens: [ScriptedModel.endToken],
                limits: limits
            )
        )
    }

    func model(_ name: String) -> SimulatedModel? { models.first { $0.name == name } }

    /// Seven models where there is memory for two at each worker, and short patience.
    mutating func offerModels() {
        models = (0..<5).map { SimulatedModel(name: "m\($0)") }
        models[4].wish.idleUnloadSeconds = 1
        var pinned = SimulatedModel(name: "pinned")
        pinned.wish.isPinned = true
        var broken = SimulatedModel(name: "broken")
        broken.isBroken = true
        models += [pinned, broken]
        budgetBytes = 250
        placement.residency = .milliseconds(700)
        placement.residencyLoads = 2
        placement.retry = .milliseconds(200)
    }

    /// What the job would give alone, undisturbed, on an engine with room for it.
    func undisturbed(_ job: Job, under revision: Int) -> Expected {
        var expected = Expected(ids: [], text: "", end: .cancelled)
        guard case .tokens(let prompt) = job.prompt else { return expected }
        var alone = job
        alone.limits.timeoutMilliseconds = nil
        var limits = EngineLimits()
        limits.speculation.source = .off
        var engine = Engine(
            model: scripted(blocks: blocks),
            endTokens: [ScriptedModel.endToken],
            limits: limits
        )
        var request = request(Submission(job: alone, attempt: .first), prompt: prompt, deadline: nil)
        change(&request, to: revision)
        engine.submit(request)
        while engine.hasWork {
            for record in engine.step(at: .zero) {
                expected.ids += record.ids
                expected.text += record.text
                if let end = record.end { expected.end = end }
            }
        }
        return expected
    }

    func request(_ submission: Submission, prompt: [TokenID], deadline: Instant?) -> GenerationRequest {
        var request = GenerationRequest(
            job: submission.job.id,
            attempt: submission.attempt,
            promptIDs: prompt,
            decoder: ByteDecoder()
        )
        request.committed = submission.committed
        request.sampling = submission.job.sampling
        request.limits = submission.job.limits
        request.lane = submission.job.routing.lane
        request.scope = submission.job.routing.prefixScope
        request.links = covered(submission)
        request.deadline = deadline
        return request
    }

    /// As edges cut prompts.
    private var spacing: PromptChunks.Spacing { PromptChunks.Spacing(bytes: linkBytes) }

    /// As an edge makes them that was told this secret.
    func links(of job: Job, _ secret: [UInt8]) -> [PromptLink] {
        var chain = PromptChain(secret: secret, spacing: spacing)
        return chain.links(of: job)
    }

    /// What the links of a prompt come to, as its worker finds out.
    private func covered(_ submission: Submission) -> [CoveredLink] {
        let places = PromptChunks(submission.job.prompt, spacing).places
        return zip(submission.links, places).compactMap { link, place in
            guard case .tokens(let count) = place else { return nil }
            return CoveredLink(link.link, tokens: count)
        }
    }

    private func scripted(blocks: Int) -> ScriptedModel {
        var shape = ScriptedModel.Shape()
        shape.contextTokens = contextTokens
        shape.blockTokens = blockTokens
        shape.blockCount = blocks
        shape.tokensPerEnd = tokensPerEnd
        // Much of what is guessed from the text is right, and much of it is not.
        shape.period = 5
        shape.tokensPerSurprise = 2
        return ScriptedModel(shape)
    }
}

extension FleetSimulation {
    func planClients() {
        for index in 0..<Int.random(in: 8...48, using: &random) {
            let client = randomClient()
            clients.append(client)
            clientIndex[client.job.id] = index
            schedule.add(.submits(index), at: client.submitAt, tie: random.next())
            if let at = client.cancelAt { schedule.add(.cancels(index), at: at, tie: random.next()) }
        }
    }

    private func randomClient() -> ClientJob {
        let prompt = (0..<Int.random(in: 1...30, using: &random)).map { _ in
            TokenID.random(in: 0...255, using: &random)
        }
        var job = Job(
            id: JobID(high: random.next(), low: random.next()),
            model: Self.model,
            prompt: .tokens(prompt)
        )
        job.sampling.temperature = random.once(in: 2) ? 0 : 1
        job.sampling.seed = random.next()
        if random.once(in: 4) { job.sampling.topK = 7 }
        if random.once(in: 4) { job.sampling.presencePenalty = 0.5 }
        if !random.once(in: 5) { job.limits.maxTokens = UInt32.random(in: 0...60, using: &random) }
        if random.once(in: 3) {
            job.limits.stop = [String(UnicodeScalar(UInt8.random(in: 65...90, using: &random)))]
        }
        if random.once(in: 8) {
            job.limits.timeoutMilliseconds = UInt32.random(in: 100...8_000, using: &random)
        }
        if scenario == .continuation, !random.once(in: 3) { job.ticket = "ticket" }
        job.routing.lane = Lane.allCases.randomElement(using: &random) ?? .normal
        job.routing.tenant = "tenant-\(random.next() % 3)"
        job.routing.estimatedPromptTokens =
            UInt32(prompt.count) * UInt32.random(in: 1...3, using: &random) / 2
        let submitAt = Instant(microseconds: Int64.random(in: 0...11_000_000, using: &random))
        let cancels = random.once(in: 6)
        return ClientJob(
            job: job,
            edge: NodeID("edge-\(random.next() % 2)"),
            submitAt: submitAt,
            cancelAt: cancels ? submitAt + random.duration(0...3_000_000) : nil
        )
    }
}
