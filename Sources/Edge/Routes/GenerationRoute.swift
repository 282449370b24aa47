internal import Contract
internal import Http
internal import Roles
internal import Dialects
internal import Glibc

/// The paths that ask for jobs: the body becomes a plan of them, and their streams become the reply.
struct GenerationRoute: Route {
    let endpoint: any JobEndpoint

    var method: String { "POST" }
    var path: String { endpoint.path }

    func answer(_ context: RouteContext) {
        do throws(DialectError) {
            try start(context)
        } catch {
            context.refuse(error, endpoint.dialect)
        }
    }

    private func start(_ context: RouteContext) throws(DialectError) {
        let edge = context.edge
        var plan = try endpoint.plan(
            body: context.request.body,
            headers: context.headers,
            defaultModel: edge.configuration.naming.defaultModel ?? onlyModel(of: edge),
            volatile: edge.configuration.volatile
        )
        let card = try edge.model(plan.model)
        plan.fill(from: card.sampling)
        complete(&plan.jobs, model: card.name, tenant: context.tenant, drawSeed: plan.needsSeed)
        // Behind `complete`, which adds to the prompts.
        try PromptLimits.check(plan.jobs)
        guard let first = plan.jobs.first else {
            throw DialectError(.invalidRequest, "the request asks for nothing")
        }
        var identity = ReplyIdentity(
            job: first.id,
            requestID: context.requestID,
            created: UInt64(max(0, time(nil))),
            model: card.name
        )
        identity.contextTokens = card.contextTokens
        edge.run(plan, plan.writer(for: identity), context.responder, requestID: context.requestID)
    }

    /// The one that is meant where a request need not say.
    private func onlyModel(of edge: EdgeHost) -> String? {
        guard endpoint.modelIsOptional, edge.role.models.count == 1 else { return nil }
        return edge.role.models.first?.name
    }

    /// What the edge adds to a dialect's jobs: names, a seed where the client gave none, and the time of day,
    /// so that a continuation on another worker renders the very same prompt.
    private func complete(_ jobs: inout [Job], model: String, tenant: String, drawSeed: Bool) {
        let seed = UInt64.random(in: .min ... .max)
        let now = LocalTime.now
        for index in jobs.indices {
            jobs[index].id = .random()
            jobs[index].model = model
            jobs[index].routing.tenant = tenant
            if drawSeed { jobs[index].sampling.seed = seed }
            jobs[index].routing.estimatedPromptTokens =
                jobs[index].task.isComputed ? estimate(jobs[index].prompt) : 1
            if jobs[index].isFurtherChoice {
                jobs[index].prompt = jobs[index - 1].prompt
            } else if case .chat(let context) = jobs[index].prompt {
                jobs[index].prompt = .chat(context: now.added(to: context))
            }
        }
    }

    /// About three and a half bytes of text are a token, in most languages and vocabularies a little more.
    private func estimate(_ prompt: Prompt) -> UInt32 {
        UInt32(clamping: max(1, prompt.byteCount * 2 / 7))
    }
}

extension JobID {
    /// 128 bits from the system's generator, so that nobody guesses the name of somebody else's stream.
    static func random() -> JobID {
        JobID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    }
}
