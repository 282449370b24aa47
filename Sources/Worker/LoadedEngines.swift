internal import Contract
internal import Engine
internal import EventLoop
internal import PrefixStore
internal import Roles
internal import Telemetry
internal import Transformer

/// The engines of a worker, with what the fleet is told about them.
struct LoadedEngines {
    var threads: [EngineThread] = []
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
            let thread = try EngineThread(index: index, reports: reports) { bell in
                var engine = try configuration.makeEngine(
                    for: model,
                    telling: facts,
                    prefixes: prefixes,
                    bell: bell,
                    log: log
                )
                try configuration.warmUp(&engine, model, log: log)
                return engine
            }
            threads.append(thread)
            let shape = facts.shape
            capacities.append(
                WorkerRole.Capacity(
                    card: ModelCard(
                        name: model.name,
                        contextTokens: UInt32(clamping: shape.contextTokens),
                        created: model.created
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

extension WorkerConfiguration {
    /// Names everything but the weights that the bits of an answer depend on; it is the same for all models
    /// of a worker.
    func fingerprint(kernels: String) -> String {
        let weights = options.quantization?.rawValue ?? "stored"
        return "\(version)/\(kernels)/kv-\(options.kv.rawValue)/activations-\(options.activations.rawValue)"
            + "/weights-\(weights)"
    }
}
