internal import Contract
internal import JSON

/// `hello`, `welcome` and `models` as JSON; the schemas have the same names.
enum GreetingBody {
    static func json(_ hello: Hello) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "role": .string(hello.role.rawValue),
            "token_endpoint": try MemberWriter.text(
                "token_endpoint",
                hello.tokenEndpoint,
                atMost: WireLimits.endpointBytes
            ),
            "models": try cards(hello.models),
            "jobs": try MemberWriter.array("jobs", hello.jobs, atMost: WireLimits.heldJobs, json),
            "fingerprint": try MemberWriter.text(
                "fingerprint",
                hello.fingerprint,
                atMost: WireLimits.fingerprintBytes
            ),
        ]
        object["prefix_secret"] = try LinksText.json(secret: hello.prefixSecret)
        if let pool = hello.pool { object["pool"] = try PlacementBody.json(pool) }
        return .object(object)
    }

    static func readHello(_ members: Members) throws(FrameError) -> Hello {
        var jobs: [HeldJob] = []
        for job in try members.objects("jobs", atMost: WireLimits.heldJobs) {
            jobs.append(try readHeldJob(job))
        }
        var hello = Hello(
            role: try members.word("role"),
            tokenEndpoint: try members.text("token_endpoint", atMost: WireLimits.endpointBytes),
            models: try readModels(members),
            jobs: jobs,
            fingerprint: try members.text("fingerprint", atMost: WireLimits.fingerprintBytes),
            pool: members.has("pool") ? try PlacementBody.readPool(try members.members("pool")) : nil
        )
        hello.prefixSecret = try LinksText.readSecret(members)
        return hello
    }

    private static func json(_ held: HeldJob) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "job": .string(held.job.description),
            "attempt": MemberWriter.integer(held.attempt.rawValue),
            "edge": try MemberWriter.node("jobs[].edge", held.edge),
            "running": .bool(held.running),
            "lane": .string(held.lane.name),
            "model": try MemberWriter.text("jobs[].model", held.model, atMost: WireLimits.nameBytes),
            "tenant": try MemberWriter.text("jobs[].tenant", held.tenant, atMost: WireLimits.nameBytes),
            "charge": [
                "sequences": MemberWriter.integer(held.charge.sequences),
                "tokens": try MemberWriter.counter("jobs[].charge.tokens", held.charge.tokens),
            ],
        ]
        object["worker"] = try MemberWriter.optionalNode("jobs[].worker", held.worker)
        if held.isResumable { object["resumable"] = true }
        if let key = held.retryKey {
            object["retry_key"] = try MemberWriter.text(
                "jobs[].retry_key",
                key,
                atMost: WireLimits.retryKeyBytes
            )
        }
        return .object(object)
    }

    private static func readHeldJob(_ members: Members) throws(FrameError) -> HeldJob {
        let charge = try members.members("charge")
        var held = HeldJob(
            job: try members.jobID("job"),
            attempt: try members.attempt(),
            edge: try members.node("edge"),
            running: try members.flag("running"),
            worker: try members.optionalNode("worker"),
            lane: try members.lane("lane"),
            model: try members.text("model", atMost: WireLimits.nameBytes),
            charge: Charge(sequences: try charge.integer("sequences"), tokens: try charge.counter("tokens")),
            tenant: try members.text("tenant", atMost: WireLimits.nameBytes)
        )
        if members.has("resumable") { held.isResumable = try members.flag("resumable") }
        held.retryKey = try members.optionalText("retry_key", atMost: WireLimits.retryKeyBytes)
        return held
    }

    static func json(_ welcome: Welcome) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "heartbeat_ms": MemberWriter.integer(welcome.heartbeatMilliseconds),
            "models": try cards(welcome.models),
        ]
        object["prefix_secret"] = try LinksText.json(secret: welcome.prefixSecret)
        return .object(object)
    }

    static func readWelcome(_ members: Members) throws(FrameError) -> Welcome {
        var welcome = Welcome(
            heartbeatMilliseconds: try members.integer("heartbeat_ms"),
            models: try readModels(members)
        )
        welcome.prefixSecret = try LinksText.readSecret(members)
        return welcome
    }

    static func json(_ models: [ModelCard]) throws(FrameError) -> JSONValue { ["models": try cards(models)] }

    private static func cards(_ models: [ModelCard]) throws(FrameError) -> JSONValue {
        try MemberWriter.array("models", models, atMost: WireLimits.models, json)
    }

    static func json(_ model: ModelCard) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "name": try MemberWriter.text("models[].name", model.name, atMost: WireLimits.nameBytes),
            "context_tokens": MemberWriter.integer(model.contextTokens),
            "created": try MemberWriter.counter("models[].created", model.created),
            "sampling": try json(model.sampling),
            "served": .bool(model.isServed),
        ]
        object["state"] = model.state.map { .string($0.rawValue) }
        object["percent"] = MemberWriter.optionalInteger(model.percent)
        object["revision"] = try model.revision.map { text throws(FrameError) in
            try MemberWriter.text("models[].revision", text, atMost: WireLimits.nameBytes)
        }
        return .object(object)
    }

    private static func json(_ sampling: SamplingDefaults) throws(FrameError) -> JSONValue {
        var object = JSONObject()
        let floats = [
            ("temperature", sampling.temperature), ("top_p", sampling.topP), ("min_p", sampling.minP),
            ("repetition_penalty", sampling.repetitionPenalty),
        ]
        for case (let name, let value?) in floats {
            object[name] = try MemberWriter.float("models[].sampling.\(name)", value)
        }
        object["top_k"] = MemberWriter.optionalInteger(sampling.topK)
        return .object(object)
    }

    private static func readSampling(_ members: Members) throws(FrameError) -> SamplingDefaults {
        var sampling = SamplingDefaults()
        sampling.temperature = try members.optionalFloat("temperature")
        sampling.topK = try members.optionalInteger("top_k")
        sampling.topP = try members.optionalFloat("top_p")
        sampling.minP = try members.optionalFloat("min_p")
        sampling.repetitionPenalty = try members.optionalFloat("repetition_penalty")
        return sampling
    }

    static func readModels(_ members: Members) throws(FrameError) -> [ModelCard] {
        var models: [ModelCard] = []
        for model in try members.objects("models", atMost: WireLimits.models) {
            models.append(try readCard(model))
        }
        return models
    }

    static func readCard(_ members: Members) throws(FrameError) -> ModelCard {
        var card = ModelCard(
            name: try members.text("name", atMost: WireLimits.nameBytes),
            contextTokens: try members.integer("context_tokens"),
            created: try members.counter("created"),
            sampling: try readSampling(try members.members("sampling")),
            isServed: try members.flag("served")
        )
        if members.has("state") { card.state = try members.word("state") }
        card.percent = try members.optionalInteger("percent")
        card.revision = try members.optionalText("revision", atMost: WireLimits.nameBytes)
        return card
    }
}
