import Contract
import Engine
import Testing
import Transformer

/// An engine driven by hand: it keeps what the records say and checks after every step that nothing is out of
/// order.
final class EngineRun {
    /// What a client would have seen of one attempt.
    struct Outcome: Equatable {
        var start: UInt32 = 0
        var ids: [TokenID] = []
        var text = ""
        var opening: StreamOpening?
        var end: StreamEnd?
    }

    struct Name: Hashable {
        var job: JobID
        var attempt: Attempt
    }

    private var engine: Engine
    private let label: String
    private let isAudited: Bool
    private let clock: VirtualClock?
    private(set) var outcomes: [Name: Outcome] = [:]
    /// Tokens of each prompt that did not have to be computed; they say nothing about the outcome.
    private var cachedTokens: [Name: UInt32] = [:]

    init(
        _ model: any LanguageModel,
        _ limits: EngineLimits = EngineLimits(),
        draft: (any LanguageModel)? = nil,
        clock: VirtualClock? = nil,
        tier: (any PrefixTier)? = nil,
        label: String = "",
        isAudited: Bool = true
    ) {
        engine = Engine(
            model: model,
            draft: draft,
            endTokens: [ScriptedModel.endToken],
            limits: limits,
            tier: tier
        )
        self.clock = clock
        self.label = label
        self.isAudited = isAudited
    }

    var hasWork: Bool { engine.hasWork }
    var waitsForTier: Bool { engine.waitsForTier }
    var counters: EngineCounters { engine.counters }
    var credit: EngineCredit { engine.credit }

    func submit(_ request: GenerationRequest) { engine.submit(request) }
    func cancel(_ job: JobID, _ attempt: Attempt = .first) { engine.cancel(job, attempt) }

    @discardableResult
    func step(at now: Instant = .zero) -> [TokenRecord] {
        let before = clock?.elapsed ?? .zero
        let records = engine.step(at: now)
        if let clock { engine.note(stepTook: clock.elapsed - before) }
        for record in records { note(record) }
        if isAudited {
            let violations = engine.audit()
            #expect(violations.isEmpty, "\(label)")
        }
        return records
    }

    /// Runs until nothing is left to do; a run that does not come to its end is an error of its own.
    func finish(withinSteps limit: Int = 100_000) {
        var stepCount = 0
        while engine.hasWork, stepCount < limit {
            step()
            stepCount += 1
        }
        let hasWork = engine.hasWork
        #expect(!hasWork, "\(label): work is left after \(limit) steps")
        let held = engine.counters.running + engine.counters.waiting
        #expect(held == 0, "\(label)")
    }

    func outcome(_ job: JobID, _ attempt: Attempt = .first) -> Outcome {
        outcomes[Name(job: job, attempt: attempt)] ?? Outcome()
    }

    func cachedTokenCount(_ job: JobID, _ attempt: Attempt = .first) -> UInt32? {
        cachedTokens[Name(job: job, attempt: attempt)]
    }

    private func note(_ record: TokenRecord) {
        let name = Name(job: record.job, attempt: record.attempt)
        cachedTokens[name] = record.opening?.cachedTokens ?? cachedTokens[name]
        guard var outcome = outcomes[name] else {
            let isOpening = record.opening != nil && record.ids.isEmpty && record.end == nil
            #expect(isOpening || record.end != nil, "\(label): the first record opens or ends: \(record)")
            outcomes[name] = Outcome(
                start: record.position,
                text: record.text,
                opening: record.opening.map { StreamOpening(promptTokens: $0.promptTokens) },
                end: record.end
            )
            return
        }
        #expect(outcome.end == nil, "\(label): a record behind the end: \(record)")
        #expect(record.opening == nil, "\(label): opened twice: \(record)")
        #expect(record.position == outcome.start + UInt32(outcome.ids.count), "\(label): a gap: \(record)")
        #expect(!record.ids.isEmpty || record.end != nil, "\(label): an empty record: \(record)")
        outcome.ids += record.ids
        outcome.text += record.text
        outcome.end = record.end
        outcomes[name] = outcome
    }
}

extension EngineRun {
    /// What a request gives when nothing else is there and memory is no concern.
    static func alone(_ request: GenerationRequest, _ shape: ScriptedModel.Shape = .init()) -> Outcome {
        var shape = shape
        shape.blockCount = 512
        var limits = EngineLimits()
        limits.speculation.source = .off
        let run = EngineRun(ScriptedModel(shape), limits, label: "alone", isAudited: false)
        run.submit(request)
        run.finish()
        return run.outcome(request.job, request.attempt)
    }
}

extension JobID {
    init(_ number: Int) { self.init(high: 0, low: UInt64(number)) }
}

/// A request as tests write it: prompt `number` of a family of different prompts.
func request(
    _ number: Int,
    promptCount: Int = 10,
    maxTokens: UInt32? = 32,
    _ change: (inout GenerationRequest) -> Void = { _ in }
) -> GenerationRequest {
    let prompt = (0..<promptCount).map { TokenID(truncatingIfNeeded: ($0 * 7 + number * 13) % 256) }
    var request = GenerationRequest(job: JobID(number), promptIDs: prompt, decoder: ByteDecoder())
    request.limits.maxTokens = maxTokens
    request.sampling.temperature = 0
    change(&request)
    return request
}

extension StreamEnd {
    var failure: Failure? { if case .failed(let failure) = self { failure } else { nil } }
}
