internal import Contract
internal import Engine
internal import EventLoop
internal import PrefixStore
internal import Roles
internal import Telemetry
internal import Transformer

/// The engines of a worker, with what the fleet is told about them.
struct LoadedEngines {
    var threads: [any ModelThread] = []
    var capacities: [WorkerRole.Capacity] = []
    var fingerprint = ""

    init(
        _ configuration: WorkerConfiguration,
        prefixes: PrefixStore?,
        reports: Mailbox<EngineReport>,
        log: Log
    ) throws {
        for (index, model) in configuration.models.enumerated() {
            let before = EventLoop.monotonicNow()
            let facts = EngineFacts()
            let start = ModelStart(
                index: index,
                facts: facts,
                prefixes: prefixes,
                reports: reports,
                log: log
            )
            threads.append(try configuration.thread(for: model, start))
            let shape = facts.shape
            capacities.append(
                WorkerRole.Capacity(
                    card: ModelCard(
                        name: model.name,
                        contextTokens: UInt32(clamping: shape.contextTokens),
                        created: model.created,
                        sampling: model.sampling
                    ),
                    sequences: UInt32(clamping: configuration.limits.sequences),
                    tokens: UInt64(clamping: shape.memoryTokens)
                )
            )
            fingerprint = configuration.fingerprint(kernels: shape.kernels)
            let seconds = (EventLoop.monotonicNow() - before) / .seconds(1)
            log.info(
                "loaded",
                [
                    "model": LogValue(model.name), "seconds": LogValue((seconds * 1000).rounded() / 1000),
                    "context": LogValue(shape.contextTokens), "kv_tokens": LogValue(shape.memoryTokens),
                    "kernels": LogValue(shape.kernels), "output": LogValue(model.output?.name ?? "plain"),
                ]
            )
        }
    }
}

/// What a model's thread is given besides the model.
private struct ModelStart {
    var index: Int
    /// Told by the thread.
    var facts: EngineFacts
    var prefixes: PrefixStore?
    var reports: Mailbox<EngineReport>
    var log: Log
}

extension WorkerConfiguration {
    /// Loads a model on a thread of its own, which computes it from then on.
    fileprivate func thread(for model: ServedModel, _ start: ModelStart) throws -> any ModelThread {
        let (facts, log) = (start.facts, start.log)
        if let reading = model.reading, !isScripted {
            return try EncoderThread(index: start.index, reports: start.reports) {
                let encoder = try Encoder(model.source, reading, options)
                facts.tell(
                    EngineFacts.Shape(
                        contextTokens: reading.tokenLimit,
                        memoryTokens: reading.tokenLimit * limits.sequences,
                        kernels: encoder.kernelPath
                    )
                )
                return encoder
            }
        }
        let prefixes = start.prefixes
        return try EngineThread(index: start.index, reports: start.reports) { bell in
            var engine = try makeEngine(
                for: model,
                telling: facts,
                prefixes: prefixes,
                bell: bell,
                log: log
            )
            try warmUp(&engine, model, log: log)
            return engine
        }
    }

    /// Names everything but the weights that the bits of an answer depend on; it is the same for all models
    /// of a worker.
    func fingerprint(kernels: String) -> String {
        let weights = options.quantization?.rawValue ?? "stored"
        return "\(version)/\(kernels)/kv-\(options.kv.rawValue)/activations-\(options.activations.rawValue)"
            + "/weights-\(weights)"
    }
}
