import Contract

/// One message of each kind with every optional part present: what the golden frames are written from.
enum GoldenFrames {
    private static let job = JobID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    private static let attempt = Attempt(rawValue: 2)
    private static var card: ModelCard {
        var card = ModelCard(name: "demo", contextTokens: 4096, created: 1_767_225_600)
        card.revision = "0a1b2c"
        return card
    }

    static func envelope(_ kind: MessageKind) -> Envelope {
        let header = LinkHeader(
            epoch: BootEpoch(rawValue: 0xB007_0000_0000_0001),
            sequence: 258,
            acknowledged: 257,
            sentAt: Instant(microseconds: 1_000_000)
        )
        return Envelope(header: header, message: message(kind))
    }

    private static func message(_ kind: MessageKind) -> Message {
        switch kind {
        case .hello: .hello(hello)
        case .welcome: .welcome(welcome)
        case .resync: .resync
        case .heartbeat: .heartbeat(Heartbeat(step: 70_000, running: 3, waiting: 1))
        case .busy: .busy(milliseconds: 30_000)
        case .bye: .bye
        case .error: .error(.malformedFrame, detail: "crc32c does not match")
        case .submit: .submit(submission)
        case .cancel: .cancel(job, attempt)
        case .accepted: .accepted(job, attempt)
        case .refused: .refused(job, attempt, Refusal(.laneFull, "the lane is full", retryAfterSeconds: 7))
        case .positions: .positions([QueuePosition(job: job, position: 1, etaMilliseconds: 1200)])
        case .cancelled: .cancelled(job, attempt)
        case .lost: .lost(job, attempt, .workerDied)
        case .models: .models([card])
        case .lease:
            .lease(lease)
        case .drain: .drain
        case .credit:
            .credit(
                Credit(
                    id: 9,
                    includesLeases: 5,
                    models: [ModelCredit(model: "demo", freeSequences: 4, freeTokens: 16_384)]
                )
            )
        case .taken: .taken(job, attempt)
        case .declined: .declined(job, attempt, Decline(.full, promptTokens: 900))
        case .done: .done(job, attempt, outcome)
        case .tokens: .tokens(records)
        case .ack: .ack([Acknowledgement(job: job, attempt: attempt, next: 32, ended: true)])
        case .resume: .resume(job, attempt, from: 17)
        case .abandon: .abandon(job, attempt)
        case .holdings:
            .holdings(
                HoldingsReport(
                    sequence: 3,
                    restarts: true,
                    changes: [
                        .stored(Holding(link, tokens: 96)),
                        .stored(Holding(otherLink, tokens: 160, tier: .disk)), .dropped(link),
                    ]
                )
            )
        case .holdingsDigest: .holdingsDigest(HoldingsDigest(sequence: 3, count: 1, sum: otherLink))
        case .recountHoldings: .recountHoldings
        case .workerLoad: .workerLoad(WorkerLoad(includesLeases: 5, models: [load]))
        case .load: .load(ModelOrder("demo", generation: 1))
        case .unload: .unload(ModelOrder("demo", generation: 2, forgives: true))
        case .stock: .stock([stock])
        case .manage:
            .manage(ManageRequest(id: .max, action: .reload, model: "demo", worker: NodeID("worker-1")))
        case .managed: .managed(reply)
        case .seek: .seek(job, by: NodeID("edge-2"))
        case .handover: .handover(Handover(edge: NodeID("edge-2"), submission: toldSubmission))
        case .claim: .claim(claim)
        case .unfound: .unfound(job, by: NodeID("edge-2"))
        case .moved: .moved(job, attempt)
        case .twin: .twin(job, attempt, of: job)
        }
    }

    private static var stock: ModelStock {
        let wish = ModelWish(isPinned: true, replicas: 2, idleUnloadSeconds: 600)
        var stock = ModelStock(card, wish: wish, neededBytes: 1 << 30)
        stock.state = .swapping
        stock.generation = 3
        stock.percent = 43
        stock.bytes = 2 << 30
        stock.loadMilliseconds = 2500
        stock.residentMilliseconds = 60_000
        stock.failures = 1
        stock.reason = "model.safetensors: is cut short"
        return stock
    }

    private static var reply: ManageReply {
        let pool = WorkerPool(budgetBytes: 8 << 30, stock: [stock])
        return ManageReply(
            id: 7,
            refusal: Refusal(.invalidRequest, "the model is pinned"),
            models: [
                ManageReply.Model(name: "demo", state: .loaded, waitingCount: 1, runningCount: 2),
                ManageReply.Model(
                    name: "other",
                    state: .failed,
                    waitingCount: 0,
                    runningCount: 0,
                    failure: "loading failed 3 times"
                ),
            ],
            workers: [ManageReply.Worker(node: NodeID("worker-1"), pool: pool)]
        )
    }

    private static let link = PrefixLink(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    private static let otherLink = PrefixLink(high: 1, low: 2)
    private static let load = ModelLoad(
        model: "demo",
        promptTokens: 900,
        emptyTokens: 16_384,
        promptRate: 1250.5,
        streamSeconds: 0.25
    )

    private static var lease: Lease {
        var lease = Lease(
            index: 5,
            edge: NodeID("edge-1"),
            tokenEndpoint: "tcp://127.0.0.1:5556",
            submission: submission
        )
        lease.freshTokens = 7
        lease.edgeEpoch = BootEpoch(rawValue: 0xED6E_0000_0000_0001)
        return lease
    }

    private static var claim: Claim {
        var claim = Claim(
            job: job,
            attempt: attempt.takenOver,
            edge: NodeID("edge-2"),
            tokenEndpoint: "tcp://127.0.0.1:5557"
        )
        claim.edgeEpoch = BootEpoch(rawValue: 0xED6E_0000_0000_0002)
        return claim
    }

    private static var welcome: Welcome {
        var welcome = Welcome(heartbeatMilliseconds: 1000, models: [card])
        welcome.prefixSecret = [0, 1, 0xFE, 0xFF]
        return welcome
    }

    private static var outcome: LeaseOutcome {
        LeaseOutcome(
            .finished,
            promptTokens: 12,
            generatedTokens: 34,
            cachedTokens: 8,
            promptMilliseconds: 56,
            answerMilliseconds: 789
        )
    }

    private static var hello: Hello {
        let held = HeldJob(
            job: job,
            attempt: attempt,
            edge: NodeID("edge-1"),
            running: true,
            worker: NodeID("worker-1"),
            lane: .high,
            model: "demo",
            charge: Charge(sequences: 1, tokens: 512),
            tenant: "acme"
        )
        return Hello(
            role: .worker,
            models: [card],
            jobs: [held],
            fingerprint: "6.3/avx2/0a1b",
            pool: WorkerPool(budgetBytes: 8 << 30, stock: [stock])
        )
    }

    private static var toldSubmission: Submission {
        var told = submission
        told.job.ticket = #"{"job":"0123456789abcdeffedcba9876543210"}"#
        told.told = [records[0]]
        told.takesOver = true
        return told
    }

    private static var submission: Submission {
        var sampling = Sampling()
        sampling.temperature = 0.7
        sampling.bias = [TokenBias(token: 42, bias: -1.5)]
        sampling.seed = .max
        sampling.badWords = ["no"]
        var limits = JobLimits()
        limits.maxTokens = 64
        limits.stop = ["\n\n"]
        limits.stopTokens = [2]
        limits.timeoutMilliseconds = 60_000
        var routing = Routing()
        routing.estimatedPromptTokens = 11
        routing.sharedScope = "helpers"
        var job = Job(
            id: job,
            model: "demo",
            prompt: .chat(context: #"{"messages":[{"role":"user","content":"Grüezi"}]}"#),
            sampling: sampling,
            limits: limits,
            routing: routing
        )
        job.reading = OutputRules(callIDPrefix: "call_")
        job.reading?.thinkingBudget = 1024
        job.reading?.allowedTools = ["search", "now"]
        job.reading?.requiresCall = true
        job.reading?.strictTools = ["search"]
        var submission = Submission(
            job: job,
            attempt: attempt,
            committed: [100, 200],
            remainingMilliseconds: 59_000,
            waitedMilliseconds: 1000,
            avoid: NodeID("worker-2"),
            fingerprint: "6.3/avx2/0a1b"
        )
        submission.revision = "0a1b2c"
        submission.links = [PromptLink(link, tokens: 8), PromptLink(otherLink, tokens: 11)]
        return submission
    }

    private static var logprobs: [TokenLogprob] {
        let first = LikelyToken(id: 1, logprob: -0.5, bytes: Array("n".utf8))
        let second = LikelyToken(id: 0x0102_0304, logprob: -2, bytes: [0xC3, 0xA9])
        return [TokenLogprob(first, top: [first, second]), TokenLogprob(second)]
    }

    private static var records: [TokenRecord] {
        let ends: [StreamEnd?] = [
            nil, .stop(sequence: nil), .stop(sequence: "END"), .length, .cancelled,
            .failed(Failure(.engineFailed, "out of blocks")),
        ]
        return ends.enumerated().map { index, end in
            var record = TokenRecord(
                job: job,
                attempt: attempt,
                position: UInt32(index),
                ids: index == 0 ? [1, 0x0102_0304] : [],
                text: index == 0 ? "né" : "",
                logprobs: index == 0 ? logprobs : [],
                opening: index == 0 ? StreamOpening(promptTokens: 12, cachedTokens: 8) : nil,
                end: end
            )
            guard index == 0 else { return record }
            record.opening?.diskTokens = 4
            record.opening?.reuseEnd = .message(3, byte: 260)
            record.opening?.revision = "0a1b2c"
            record.thinkingTokens = 1
            record.marks = [
                OutputMark(offset: 0, .thinking), OutputMark(offset: 1, .text),
                OutputMark(offset: 3, .call(ToolCallHead(id: "call_1", name: "now"))),
            ]
            return record
        }
    }
}
