internal import Contract
internal import Engine
internal import EventLoop
internal import PrefixStore
internal import Roles
internal import Telemetry
internal import Transformer

/// One generation of a model in memory, with the thread that computes it.
struct LoadedModel: Sendable {
    /// Tells it from all others of this process.
    let slot: Int
    let generation: UInt32
    let served: ServedModel
    let thread: any ModelThread
    let capacity: WorkerRole.Capacity
    /// Memory that it takes.
    let bytes: UInt64
    let loadTime: Duration
}

/// What a model's thread is given besides the model.
struct ModelStart: Sendable {
    var slot: Int
    var generation: UInt32 = 1
    var prefixes: PrefixStore?
    var reports: Mailbox<EngineReport>
    var log: Log
    /// Which part of the weights is in memory.
    var onProgress: @Sendable (Double) -> Void = { _ in }
}

extension WorkerConfiguration {
    /// Opens a model's files anew and loads it; throws where it needs more than `limit` bytes.
    func load(_ model: CatalogueModel, _ start: ModelStart, within limit: UInt64) throws -> LoadedModel {
        let served = try ServedModel(path: model.path, name: model.name, output: model.output)
        let bytes = isScripted ? 0 : neededBytes(of: served.source, for: model)
        guard bytes <= limit else { throw LackOfMemory(neededBytes: bytes, freeBytes: limit) }
        return try load(served, as: model, start, bytes: bytes)
    }

    func load(
        _ served: ServedModel,
        as model: CatalogueModel,
        _ start: ModelStart,
        bytes: UInt64
    ) throws -> LoadedModel {
        let before = EventLoop.monotonicNow()
        let facts = EngineFacts()
        var configuration = self
        configuration.options = options(for: model)
        let thread = try configuration.thread(for: served, start, facts)
        let shape = facts.shape
        var card = ModelCard(
            name: served.name,
            contextTokens: UInt32(clamping: shape.contextTokens),
            created: served.created,
            sampling: served.sampling
        )
        card.revision = isScripted ? nil : ModelRevision.text(of: served.source)
        let time = EventLoop.monotonicNow() - before
        start.log.info(
            "loaded",
            [
                "model": LogValue(served.name),
                "seconds": LogValue((time / .seconds(1) * 1000).rounded() / 1000),
                "context": LogValue(shape.contextTokens), "kv_tokens": LogValue(shape.memoryTokens),
                "kernels": LogValue(shape.kernels), "output": LogValue(served.output?.name ?? "plain"),
                "revision": LogValue(card.revision ?? ""),
            ]
        )
        return LoadedModel(
            slot: start.slot,
            generation: start.generation,
            served: served,
            thread: thread,
            capacity: WorkerRole.Capacity(
                card: card,
                sequences: UInt32(clamping: limits.sequences),
                tokens: UInt64(clamping: shape.memoryTokens),
                generation: start.generation
            ),
            bytes: bytes,
            loadTime: time
        )
    }
}

/// A model does not fit beside what is in memory.
struct LackOfMemory: Error, CustomStringConvertible {
    var neededBytes: UInt64
    var freeBytes: UInt64

    var description: String { "it needs \(neededBytes) bytes of memory, and \(freeBytes) are free" }
}

extension WorkerConfiguration {
    /// Loads a model on a thread of its own, which computes it from then on.
    fileprivate func thread(
        for model: ServedModel,
        _ start: ModelStart,
        _ facts: EngineFacts
    ) throws -> any ModelThread {
        let log = start.log
        if let reading = model.reading, !isScripted {
            return try EncoderThread(index: start.slot, reports: start.reports) {
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
        let (prefixes, onProgress) = (start.prefixes, start.onProgress)
        return try EngineThread(index: start.slot, reports: start.reports) { bell in
            var engine = try makeEngine(
                for: model,
                telling: facts,
                prefixes: prefixes,
                bell: bell,
                log: log,
                onProgress: onProgress
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
