import Configuration
import Contract
import Engine
import EventLoop
import ModelFiles
import Transformer
import Worker

/// A model in an engine as `millrace serve` makes it, with random prompts put to it.
final class BenchedEngine {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// From before the files were opened until the engine could take a request.
    let readyTime: Duration
    let kernelPath: String
    private var engine: Engine
    let contextTokens: Int
    private let vocabularySize: Int
    /// Counts up, so that no two prompts are alike and none can be taken from a cache.
    private var promptCount: UInt64 = 0

    init(_ model: BenchedModel, memoryTokenCount: Int) throws {
        let began = EventLoop.monotonicNow()
        var configuration = try WorkerConfiguration(
            coordinator: LocalFleet.coordinator(),
            modelPaths: [model.path],
            modelsDirectory: model.directory,
            engine: model.engine,
            allowsInsecure: false
        )
        guard let served = configuration.models.first else { throw Failed(description: "no model") }
        configuration.options.memory = .blocks(
            memoryTokenCount / max(1, configuration.options.blockTokens) + 1
        )
        let transformer = try TransformerModel(source: served.source, options: configuration.options)
        kernelPath = transformer.kernelPath
        contextTokens = transformer.contextTokens
        vocabularySize = transformer.vocabularySize
        var limits = configuration.limits
        limits.waiting = max(limits.waiting, 1024)
        // Streams are brought to their depth before they are measured: nobody waits for their tokens.
        limits.pace.longestGap = .seconds(3600)
        // Random prompts make a model repeat itself: guesses would be right more often than in earnest.
        if !model.guessesAhead { limits.speculation.source = .off }
        engine = Engine(model: transformer, endTokens: Set(served.source.endTokenIDs), limits: limits)
        readyTime = EventLoop.monotonicNow() - began
    }

    func sample(_ subject: EngineCase) throws -> EngineSample {
        let others = OtherLoad()
        var sample =
            switch subject {
            case .prefill(let tokenCount): try prefill(tokenCount)
            case .decode(let tokenCount, let streamCount, let depth):
                try decode(tokenCount, streamCount: streamCount, depth: depth)
            }
        sample.othersShare = others.share
        return sample
    }

    private func prefill(_ tokenCount: Int) throws -> EngineSample {
        try submit(promptTokenCount: tokenCount, maxTokens: 1)
        let before = engine.counters.steps
        let began = EventLoop.monotonicNow()
        var tokensSeen = 0
        while engine.hasWork { tokensSeen += try step { _, _ in } }
        let seconds = (EventLoop.monotonicNow() - began) / .seconds(1)
        guard tokensSeen > 0 else { throw Failed(description: "a prompt was answered with nothing") }
        return EngineSample(
            tokenCount: tokenCount,
            seconds: seconds,
            stepCount: Int(engine.counters.steps - before),
            firstTokenSeconds: seconds
        )
    }

    /// The clock starts when every stream has generated its first token.
    private func decode(_ tokenCount: Int, streamCount: Int, depth: Int) throws -> EngineSample {
        guard depth + tokenCount < contextTokens else {
            throw Failed(description: "the model's context is \(contextTokens) tokens")
        }
        let maxTokens = contextTokens - max(1, depth)
        var jobs: [JobID] = []
        for _ in 0..<streamCount {
            jobs.append(try submit(promptTokenCount: max(1, depth), maxTokens: maxTokens))
        }
        let submitted = EventLoop.monotonicNow()
        var lengths: [JobID: Int] = [:]
        var firstTokenSeconds: [Double] = []
        while lengths.count < streamCount {
            try step { job, count in
                lengths[job, default: 0] += count
                guard lengths.count > firstTokenSeconds.count else { return }
                firstTokenSeconds.append((EventLoop.monotonicNow() - submitted) / .seconds(1))
            }
        }
        let firstCount = lengths.values.reduce(0, +)
        let before = engine.counters.steps
        let began = EventLoop.monotonicNow()
        var decodedCount = 0
        while decodedCount < tokenCount * streamCount { decodedCount += try step { _, _ in } }
        let seconds = (EventLoop.monotonicNow() - began) / .seconds(1)
        let stepCount = Int(engine.counters.steps - before)
        for job in jobs { engine.cancel(job, .first) }
        while engine.hasWork { try step { _, _ in } }
        return EngineSample(
            tokenCount: decodedCount,
            seconds: seconds,
            stepCount: stepCount,
            firstTokenSeconds: Spread(firstTokenSeconds).median,
            meanDepth: Double(max(1, depth)) + Double(firstCount) / Double(streamCount)
        )
    }

    @discardableResult
    private func submit(promptTokenCount: Int, maxTokens: Int) throws -> JobID {
        guard promptTokenCount < contextTokens else {
            throw Failed(description: "the model's context is \(contextTokens) tokens")
        }
        promptCount += 1
        let job = JobID(high: 0, low: promptCount)
        var random = SplitMix(seed: promptCount)
        let ids = (0..<promptTokenCount).map { _ in
            TokenID(truncatingIfNeeded: random.next() % UInt64(max(1, vocabularySize)))
        }
        var request = GenerationRequest(job: job, promptIDs: ids, decoder: ByteDecoder())
        request.sampling.temperature = 0
        request.limits.maxTokens = UInt32(clamping: maxTokens)
        request.limits.ignoresEnd = true
        engine.submit(request)
        return job
    }

    /// One step of the engine; says how many tokens each job got, and returns their sum.
    @discardableResult
    private func step(_ told: (JobID, Int) -> Void) throws -> Int {
        var count = 0
        let began = EventLoop.monotonicNow()
        let records = engine.step(at: began)
        engine.note(stepTook: EventLoop.monotonicNow() - began)
        for record in records {
            if case .failed(let failure) = record.end { throw Failed(description: failure.detail) }
            guard !record.ids.isEmpty else { continue }
            told(record.job, record.ids.count)
            count += record.ids.count
        }
        return count
    }
}

/// The generator splitmix64 of Steele, Lea and Flood: enough for prompts that differ.
private struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
