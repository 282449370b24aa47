import Contract
import TestSupport

/// The kinds of messages, by the names that `schemas/frames.md` gives them.
enum MessageKind: String, CaseIterable, Sendable {
    case hello, welcome, resync, heartbeat, busy, bye, error
    case submit, cancel, accepted, refused, positions, cancelled, lost, models
    case lease, drain, credit, taken, declined, done
    case tokens, ack, resume, abandon
    case holdings
    case holdingsDigest = "holdings-digest"
    case recountHoldings = "recount-holdings"
    case workerLoad = "worker-load"
    case load, unload, stock, manage, managed
    case seek, handover, claim, moved, unfound, twin
}

extension SplitMix64 {
    mutating func envelope(_ kind: MessageKind) -> Envelope {
        let header = LinkHeader(
            epoch: BootEpoch(rawValue: next()),
            sequence: number(),
            acknowledged: number(),
            sentAt: Instant(microseconds: Int64(bitPattern: next()))
        )
        return Envelope(header: header, message: message(kind))
    }

    mutating func message(_ kind: MessageKind) -> Message {
        switch kind {
        case .hello:
            .hello(hello())
        case .welcome: .welcome(welcome())
        case .resync: .resync
        case .heartbeat: .heartbeat(Heartbeat(step: number(), running: number(), waiting: number()))
        case .busy: .busy(milliseconds: number())
        case .bye: .bye
        case .error: .error(pick(ErrorCode.allCases), detail: text())
        case .submit: .submit(submission())
        case .cancel: .cancel(jobID(), attempt())
        case .accepted: .accepted(jobID(), attempt())
        case .refused: .refused(jobID(), attempt(), refusal())
        case .positions:
            .positions(
                list(upTo: 4) {
                    QueuePosition(job: $0.jobID(), position: $0.number(), etaMilliseconds: $0.number())
                }
            )
        case .cancelled: .cancelled(jobID(), attempt())
        case .lost: .lost(jobID(), attempt(), pick(LossReason.allCases))
        case .models: .models(models())
        case .lease:
            .lease(lease())
        case .drain: .drain
        case .credit: .credit(credit())
        case .taken: .taken(jobID(), attempt())
        case .declined:
            .declined(jobID(), attempt(), Decline(pick(Decline.Reason.allCases), promptTokens: optional()))
        case .done: .done(jobID(), attempt(), outcome())
        case .tokens: .tokens(list(upTo: 4) { $0.record() })
        case .ack:
            .ack(
                list(upTo: 4) {
                    Acknowledgement(
                        job: $0.jobID(),
                        attempt: $0.attempt(),
                        next: $0.number(),
                        ended: $0.chance(oneIn: 2)
                    )
                }
            )
        case .resume: .resume(jobID(), attempt(), from: number())
        case .abandon: .abandon(jobID(), attempt())
        case .holdings:
            .holdings(
                HoldingsReport(
                    sequence: number(),
                    restarts: chance(oneIn: 2),
                    changes: list(upTo: 4) { $0.holdingChange() }
                )
            )
        case .holdingsDigest:
            .holdingsDigest(HoldingsDigest(sequence: number(), count: number(), sum: link()))
        case .recountHoldings: .recountHoldings
        case .workerLoad:
            .workerLoad(WorkerLoad(includesLeases: number(), models: list(upTo: 3) { $0.modelLoad() }))
        case .load: .load(order())
        case .unload: .unload(order())
        case .stock: .stock(list(upTo: 3) { $0.stock() })
        case .manage: .manage(manageRequest())
        case .managed: .managed(manageReply())
        case .seek: .seek(jobID(), by: node())
        case .handover: .handover(Handover(edge: node(), submission: submission()))
        case .claim:
            .claim(claim())
        case .moved: .moved(jobID(), attempt())
        case .unfound: .unfound(jobID(), by: node())
        case .twin: .twin(jobID(), attempt(), of: jobID())
        }
    }

    mutating func list<Element>(upTo count: Int, _ make: (inout SplitMix64) -> Element) -> [Element] {
        var elements: [Element] = []
        for _ in 0..<Int.random(in: 0...count, using: &self) { elements.append(make(&self)) }
        return elements
    }

    /// Texts with escapes, control characters, several planes and bytes that look like structure.
    mutating func text() -> String {
        let pieces = [
            "a", "Zürich", "\"", "\\", "\u{0}", "\n", "\u{7F}", "\u{2028}", "日本", "👩‍👩‍👧", "e\u{301}",
            "{", "]", "\u{10FFFF}",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &self) { text += pick(pieces) }
        return text
    }

    mutating func jobID() -> JobID { JobID(high: number(), low: number()) }
    mutating func attempt() -> Attempt { Attempt(rawValue: number()) }
    mutating func node() -> NodeID {
        NodeID(pick(["e", "edge-1", "Worker_2.example", String(repeating: "n", count: 64)]))
    }
    mutating func counter() -> UInt64 { number(UInt64.self) >> 11 }
    mutating func optional() -> UInt32? { chance(oneIn: 3) ? nil : number() }
    mutating func ids() -> [TokenID] { list(upTo: 12) { $0.number() } }

    /// Any finite float, by its bits.
    mutating func float() -> Float {
        while true {
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: next()))
            if float.isFinite { return float }
        }
    }

    private mutating func hello() -> Hello {
        var hello = Hello(
            role: pick([.edge, .worker, .coordinator]),
            tokenEndpoint: pick(["", "inproc://tokens", "tcp://127.0.0.1:5556"]),
            models: models(),
            jobs: list(upTo: 4) { $0.heldJob() },
            fingerprint: text(),
            pool: chance(oneIn: 2) ? pool() : nil
        )
        hello.prefixSecret = list(upTo: 32) { $0.number() }
        return hello
    }

    private mutating func welcome() -> Welcome {
        var welcome = Welcome(heartbeatMilliseconds: number(), models: models())
        welcome.prefixSecret = list(upTo: 32) { $0.number() }
        return welcome
    }

    private mutating func models() -> [ModelCard] {
        list(upTo: 3) {
            var card = ModelCard(name: $0.text(), contextTokens: $0.number(), created: $0.counter())
            card.isServed = $0.chance(oneIn: 2)
            if $0.chance(oneIn: 2) { card.state = $0.pick(ModelState.allCases) }
            card.percent = $0.optional()
            if $0.chance(oneIn: 2) { card.revision = $0.text() }
            if $0.chance(oneIn: 2) { card.sampling.temperature = $0.float() }
            card.sampling.topK = $0.optional()
            if $0.chance(oneIn: 2) { card.sampling.topP = $0.float() }
            if $0.chance(oneIn: 2) { card.sampling.minP = $0.float() }
            if $0.chance(oneIn: 2) { card.sampling.repetitionPenalty = $0.float() }
            return card
        }
    }

    private mutating func likely() -> LikelyToken {
        LikelyToken(id: number(), logprob: float(), bytes: list(upTo: 5) { $0.number() })
    }

    private mutating func heldJob() -> HeldJob {
        var held = HeldJob(
            job: jobID(),
            attempt: attempt(),
            edge: node(),
            running: chance(oneIn: 2),
            worker: chance(oneIn: 2) ? node() : nil,
            lane: pick(Lane.allCases),
            model: text(),
            charge: Charge(sequences: number(), tokens: counter()),
            tenant: text()
        )
        held.isResumable = chance(oneIn: 2)
        if chance(oneIn: 2) { held.retryKey = "c0ffee" }
        return held
    }

    private mutating func link() -> PrefixLink { PrefixLink(high: number(), low: number()) }

    private mutating func holdingChange() -> HoldingChange {
        guard chance(oneIn: 2) else { return .dropped(link()) }
        return .stored(Holding(link(), tokens: number(), tier: pick(Holding.Tier.allCases)))
    }

    private mutating func modelLoad() -> ModelLoad {
        ModelLoad(
            model: text(),
            promptTokens: number(),
            emptyTokens: number(),
            promptRate: abs(float()),
            streamSeconds: abs(float())
        )
    }

    private mutating func submission() -> Submission {
        var submission = Submission(
            job: job(),
            attempt: attempt(),
            committed: ids(),
            remainingMilliseconds: optional(),
            waitedMilliseconds: number(),
            avoid: chance(oneIn: 2) ? node() : nil,
            fingerprint: chance(oneIn: 2) ? text() : nil
        )
        submission.links = list(upTo: 4) { PromptLink($0.link(), tokens: $0.number()) }
        if chance(oneIn: 3) { submission.told = list(upTo: 3) { $0.record() } }
        submission.takesOver = chance(oneIn: 3)
        if chance(oneIn: 3) { submission.revision = text() }
        return submission
    }

    private mutating func lease() -> Lease {
        var lease = Lease(
            index: counter(),
            edge: node(),
            tokenEndpoint: "ipc:///run/tokens",
            submission: submission()
        )
        lease.freshTokens = optional()
        if chance(oneIn: 2) { lease.edgeEpoch = BootEpoch(rawValue: number()) }
        return lease
    }

    private mutating func claim() -> Claim {
        var claim = Claim(
            job: jobID(),
            attempt: attempt(),
            edge: node(),
            tokenEndpoint: "ipc:///run/tokens"
        )
        if chance(oneIn: 2) { claim.edgeEpoch = BootEpoch(rawValue: number()) }
        return claim
    }

    private mutating func job() -> Job {
        var sampling = Sampling()
        sampling.temperature = float()
        sampling.topK = number()
        sampling.topP = float()
        sampling.minP = float()
        sampling.typicalP = float()
        sampling.allowedTokens = ids()
        sampling.badWords = list(upTo: 3) { $0.text() }
        sampling.repetitionPenalty = float()
        sampling.presencePenalty = float()
        sampling.frequencyPenalty = float()
        sampling.bias = list(upTo: 3) { TokenBias(token: $0.number(), bias: $0.float()) }
        sampling.seed = number()
        sampling.choice = number()
        var limits = JobLimits()
        limits.maxTokens = optional()
        limits.minTokens = number()
        limits.promptTokens = optional()
        limits.stop = list(upTo: 3) { $0.text() }
        limits.stopTokens = ids()
        limits.ignoresEnd = chance(oneIn: 2)
        limits.timeoutMilliseconds = optional()
        var output = JobOutput()
        output.logprobs = optional()
        output.showsStop = chance(oneIn: 2)
        output.showsSpecialTokens = chance(oneIn: 2)
        output.echoesPrompt = chance(oneIn: 2)
        var routing = Routing()
        routing.lane = pick(Lane.allCases)
        routing.tenant = text()
        routing.estimatedPromptTokens = number()
        routing.sharedScope = chance(oneIn: 2) ? text() : nil
        let prompts: [Prompt] = [
            .chat(context: text()), .text(text()), .tokens(ids()), .pair(text(), text()),
        ]
        var job = Job(
            id: jobID(),
            model: text(),
            task: pick(JobTask.allCases),
            prompt: pick(prompts),
            sampling: sampling,
            limits: limits,
            constraint: chance(oneIn: 3)
                ? OutputConstraint(pick(OutputConstraint.Kind.allCases), text()) : nil,
            output: output,
            routing: routing
        )
        if chance(oneIn: 2) {
            var reading = OutputRules(callIDPrefix: text())
            reading.readsCalls = chance(oneIn: 2)
            reading.allowsSeveralCalls = chance(oneIn: 2)
            reading.thinkingBudget = optional()
            reading.requiresCall = chance(oneIn: 2)
            reading.allowedTools = pick([nil, [], [text(), text()]])
            reading.strictTools = pick([[], [text()]])
            job.reading = reading
        }
        if chance(oneIn: 3) { job.ticket = text() }
        if chance(oneIn: 3) { job.retryKey = "c0ffee" }
        return job
    }

    private mutating func refusal() -> Refusal {
        Refusal(pick(ErrorCode.allCases), text(), retryAfterSeconds: optional())
    }

    private mutating func outcome() -> LeaseOutcome {
        LeaseOutcome(
            pick(LeaseOutcome.Kind.allCases),
            promptTokens: number(),
            generatedTokens: number(),
            cachedTokens: number(),
            promptMilliseconds: number(),
            answerMilliseconds: number()
        )
    }

    private mutating func credit() -> Credit {
        Credit(
            id: number(),
            includesLeases: number(),
            models: list(upTo: 3) {
                ModelCredit(model: $0.text(), freeSequences: $0.number(), freeTokens: $0.number())
            }
        )
    }

    private mutating func record() -> TokenRecord {
        let ends: [StreamEnd?] = [
            nil, .stop(sequence: nil), .stop(sequence: text()), .length, .cancelled,
            .failed(Failure(pick(ErrorCode.allCases), text())),
        ]
        var record = TokenRecord(
            job: jobID(),
            attempt: attempt(),
            position: number(),
            ids: ids(),
            text: text(),
            logprobs: list(upTo: 2) { random in
                TokenLogprob(random.likely(), top: random.list(upTo: 3) { $0.likely() })
            },
            opening: chance(oneIn: 2) ? StreamOpening(promptTokens: number(), cachedTokens: number()) : nil,
            end: pick(ends)
        )
        if chance(oneIn: 2) {
            let ends: [ReuseEnd] = [
                .start, .template, .tools, .text, .message(number(), byte: number()),
            ]
            record.opening?.diskTokens = chance(oneIn: 2) ? number() : 0
            record.opening?.reuseEnd = chance(oneIn: 4) ? nil : pick(ends)
        }
        if chance(oneIn: 2) { record.opening?.revision = text() }
        record.isPrompt = chance(oneIn: 4)
        for index in record.logprobs.indices where chance(oneIn: 2) {
            record.logprobs[index].offset = number()
            record.logprobs[index].rank = number()
        }
        record.thinkingTokens = chance(oneIn: 2) ? number() : 0
        let kinds: [OutputMark.Kind] = [.text, .thinking, .call(ToolCallHead(id: text(), name: text()))]
        var offset = 0
        while offset <= record.text.utf8.count, chance(oneIn: 2) {
            record.marks.append(OutputMark(offset: UInt32(offset), pick(kinds)))
            offset += Int.random(in: 0..<4, using: &self)
        }
        return record
    }
}

extension SplitMix64 {
    mutating func chance(oneIn count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    /// Numbers near the ends of their range more often than chance would have it.
    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type = Number.self
    ) -> Number {
        switch Int.random(in: 0..<5, using: &self) {
        case 0: 0
        case 1: .max
        case 2: Number.random(in: 0..<100, using: &self)
        default: Number.random(in: .min ... .max, using: &self)
        }
    }
}
