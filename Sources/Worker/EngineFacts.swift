internal import Engine
internal import EventLoop
internal import ModelFiles
internal import PrefixStore
internal import Synchronization
internal import Telemetry
internal import Transformer

/// What an engine turned out to be, told once by the thread that made it.
final class EngineFacts: Sendable {
    struct Shape: Sendable {
        var contextTokens = 0
        /// Tokens whose keys and values fit into memory.
        var memoryTokens = 0
        /// Which kernels compute.
        ///
        /// Part of the fingerprint: they agree to the bit, but the C library's sines and exponentials are
        /// chosen by the CPU too, and nobody promises that those agree.
        var kernels = ""
    }

    private let told = Mutex(Shape())

    var shape: Shape { told.withLock { $0 } }

    func tell(_ shape: Shape) { told.withLock { $0 = shape } }
}

extension WorkerConfiguration {
    /// Loads a model's weights and puts an engine around them; runs on the engine's thread.
    ///
    /// `bell` wakes that thread.
    func makeEngine(
        for served: ServedModel,
        telling facts: EngineFacts,
        prefixes: PrefixStore?,
        bell: Doorbell,
        log: Log,
        onProgress: (Double) -> Void = { _ in }
    ) throws -> Engine {
        var tier: DiskTier?
        let kernels: String
        let model: any LanguageModel
        if isScripted {
            model = ScriptedModel()
            kernels = "scripted"
        } else if let echo = try served.echoModel() {
            model = echo
            kernels = "echo"
        } else {
            let progress = LoadingProgress(model: served.name, log: log)
            let transformer = try withoutActuallyEscaping(onProgress) { onProgress in
                try TransformerModel(source: served.source, options: options) {
                    progress.report($0)
                    onProgress($0)
                }
            }
            model = transformer
            kernels = transformer.kernelPath
            if let prefixes, let identity = try prefixIdentity(of: served, transformer) {
                tier = DiskTier(prefixes.shelf(for: identity), transformer) { bell.ring() }
            }
        }
        let memoryTokens = model.blockCount * model.blockTokens
        let contextTokens = min(model.contextTokens, memoryTokens, maxContextTokens ?? .max)
        facts.tell(
            EngineFacts.Shape(contextTokens: contextTokens, memoryTokens: memoryTokens, kernels: kernels)
        )
        let draft = isScripted ? nil : try draft?.openDraft(for: model, options)
        let ends = isScripted ? [ScriptedModel.endToken] : Set(served.source.endTokenIDs)
        return Engine(model: model, draft: draft, endTokens: ends, limits: limits, tier: tier)
    }

    /// All that the bits of a model's blocks depend on.
    func prefixIdentity(
        of served: ServedModel,
        _ model: TransformerModel
    ) throws -> PrefixIdentity? {
        let way = Array(fingerprint(kernels: model.kernelPath).utf8)
        return PrefixIdentity(
            way + [0] + (try ModelFingerprint.bytes(of: served.source)),
            blockTokens: model.blockTokens,
            blockBytes: model.blockBytes
        )
    }
}
