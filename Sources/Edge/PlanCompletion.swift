internal import Contract
internal import Dialects
internal import Glibc

extension GenerationPlan {
    /// What the edge adds to a dialect's plan: the model's own settings, names, a seed where the client gave
    /// none, and the time of day, so that a continuation on another worker renders the very same prompt.
    ///
    /// Returns how the reply is named.
    mutating func complete(_ card: ModelCard, for context: RouteContext) throws(DialectError) -> ReplyIdentity
    {
        fill(from: card.sampling)
        let seed = UInt64.random(in: .min ... .max)
        let now = LocalTime.now
        for index in jobs.indices {
            jobs[index].id = .random()
            jobs[index].model = card.name
            jobs[index].routing.tenant = context.tenant
            jobs[index].routing.sharedScope = context.edge.configuration.keys.scope(
                of: context.tenant,
                salt: cacheSalt
            )
            if needsSeed { jobs[index].sampling.seed = seed }
            jobs[index].routing.estimatedPromptTokens =
                jobs[index].task.isComputed ? Self.estimate(jobs[index].prompt) : 1
            if jobs[index].isFurtherChoice {
                jobs[index].prompt = jobs[index - 1].prompt
            } else if case .chat(let context) = jobs[index].prompt {
                jobs[index].prompt = .chat(context: now.added(to: context))
            }
        }
        // Behind what is added to the prompts.
        try PromptLimits.check(jobs)
        guard let first = jobs.first else {
            throw DialectError(.invalidRequest, "the request asks for nothing")
        }
        var identity = ReplyIdentity(
            job: first.id,
            requestID: context.requestID,
            created: UInt64(max(0, time(nil))),
            model: card.name
        )
        identity.contextTokens = card.contextTokens
        return identity
    }

    /// About three and a half bytes of text are a token, in most languages and vocabularies a little more.
    private static func estimate(_ prompt: Prompt) -> UInt32 {
        UInt32(clamping: max(1, prompt.byteCount * 2 / 7))
    }
}

extension JobID {
    /// 128 bits from the system's generator, so that nobody guesses the name of somebody else's stream.
    static func random() -> JobID {
        JobID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    }
}
