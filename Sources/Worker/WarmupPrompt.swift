public import Contract
internal import Engine
internal import EventLoop
internal import Glibc
internal import Telemetry

/// A prompt that is computed before a worker takes its first job, so that jobs that begin with it do not wait
/// for that.
public struct WarmupPrompt: Sendable {
    /// Where it was asked for, as a person finds it.
    public var place: String
    /// A model that the worker serves.
    public var model: String
    /// Whose jobs shall find it.
    public var tenant: String
    public var prompt: Prompt

    public init(place: String, model: String, tenant: String, prompt: Prompt) {
        self.place = place
        self.model = model
        self.tenant = tenant
        self.prompt = prompt
    }
}

/// Why a prompt cannot be computed.
struct WarmupFailure: Error, CustomStringConvertible {
    var place: String
    var detail: String

    var description: String { "\(place): \(detail)" }
}

extension WorkerConfiguration {
    /// Computes the prompts for one model, in their order; runs on the engine's thread.
    func warmUp(_ engine: inout Engine, _ served: ServedModel, log: Log) throws(WarmupFailure) {
        let prompts = warmup.filter { $0.model == served.name }
        guard !prompts.isEmpty else { return }
        let before = EventLoop.monotonicNow()
        for (index, warmup) in prompts.enumerated() {
            do throws(Failure) {
                var request = GenerationRequest(
                    job: JobID(high: 0, low: UInt64(index)),
                    promptIDs: try served.tokens(of: warmup.prompt),
                    decoder: served.decoder()
                )
                request.scope = warmup.tenant
                request.sampling.temperature = 0
                // Without a token to generate nothing would be computed.
                request.limits.maxTokens = 1
                try engine.finish(request)
            } catch {
                throw WarmupFailure(place: warmup.place, detail: error.detail)
            }
        }
        let seconds = (EventLoop.monotonicNow() - before) / .seconds(1)
        log.info(
            "warmed up",
            [
                "model": LogValue(served.name), "prompts": LogValue(prompts.count),
                "tokens": LogValue(Int(engine.counters.promptTokens)),
                "seconds": LogValue((seconds * 1000).rounded() / 1000),
            ]
        )
    }
}

extension Engine {
    /// Runs one request, with nothing else in the engine.
    fileprivate mutating func finish(_ request: GenerationRequest) throws(Failure) {
        submit(request)
        while hasWork {
            for case .failed(let failure) in step(at: EventLoop.monotonicNow()).compactMap(\.end) {
                throw failure
            }
            if waitsForTier { usleep(1000) }
        }
    }
}
