internal import Contract
internal import Engine
internal import EventLoop
internal import Glibc
internal import ModelFiles
internal import Placement
internal import Roles
internal import Telemetry
internal import Transformer

/// Models that come and go while others are computed.
extension WorkerHost {
    func model(_ name: String, _ generation: UInt32) -> LoadedModel? {
        models.values.first { $0.served.name == name && $0.generation == generation }
    }

    func load(_ name: String, generation: UInt32, within limit: UInt64) {
        guard let model = configuration.catalogue.first(where: { $0.name == name }) else { return }
        log.info("loading", ["model": LogValue(name), "generation": LogValue(Int(generation))])
        lastSlot += 1
        let start = ModelStart(
            slot: lastSlot,
            generation: generation,
            prefixes: prefixes,
            reports: reports,
            log: log
        )
        loader.load(model, start, within: limit)
    }

    func take(_ reports: [LoaderReport]) {
        for report in reports {
            switch report {
            case .progressed(let name, let generation, let percent):
                change { $0.modelProgressed(name, generation: generation, percent: percent, at: $1) }
            case .loaded(let model):
                models[model.slot] = model
                gauges.note(model.served.name)
                gauges.countLoad(failed: false)
                change { role, now in
                    role.modelLoaded(model.capacity, bytes: model.bytes, took: model.loadTime, at: now)
                }
            case .failed(let name, let generation, let reason):
                gauges.countLoad(failed: true)
                log.error("not loaded", ["model": LogValue(name), "reason": LogValue(reason)])
                change { $0.modelFailed(name, generation: generation, reason: reason, at: $1) }
            case .dropped(let name, let generation, let slot):
                models[slot] = nil
                gauges.forget(slot, of: name)
                log.info("unloaded", ["model": LogValue(name), "generation": LogValue(Int(generation))])
                change { $0.modelDropped(name, generation: generation, at: $1) }
            }
        }
    }
}

/// What a worker has in memory before it takes its first job.
struct FirstModels {
    private(set) var models: [Int: LoadedModel] = [:]
    /// Nil where models neither come nor go.
    private(set) var pool: ModelPool?

    /// A model of the command line that cannot be loaded ends the process; one of the catalogue is told of.
    init(_ configuration: WorkerConfiguration, _ start: ModelStart, at loop: EventLoop) throws {
        var start = start
        for served in configuration.models {
            let model = configuration.entry(of: served)
            let bytes =
                configuration.isScripted ? 0 : configuration.neededBytes(of: served.source, for: model)
            models[start.slot] = try configuration.load(served, as: model, start, bytes: bytes)
            start.slot += 1
        }
        guard let budget = configuration.memoryBudgetBytes else { return }
        let needed = models.values.reduce(UInt64(0)) { $0 + $1.bytes }
        // What was asked for by name is loaded; there is no room for more then.
        var pool = ModelPool(budgetBytes: max(budget, needed))
        for model in configuration.catalogue {
            if let loaded = models.values.first(where: { $0.served.name == model.name }) {
                pool.add(loaded, model.wish, at: loop.now)
                continue
            }
            let card = configuration.card(of: model, created: UInt64(max(0, time(nil))))
            pool.add(card, model.wish, neededBytes: configuration.neededBytes(for: model))
            guard model.loadsAtStart else { continue }
            do {
                let loaded = try configuration.load(model, start, within: pool.freeBytes)
                models[start.slot] = loaded
                start.slot += 1
                pool.add(loaded, model.wish, at: loop.now)
            } catch {
                start.log.error(
                    "not loaded",
                    ["model": LogValue(model.name), "reason": LogValue("\(error)")]
                )
                pool.noteFailure(model.name, "\(error)")
            }
        }
        self.pool = pool
    }
}

extension ModelPool {
    fileprivate mutating func add(_ model: LoadedModel, _ wish: ModelWish, at now: Instant) {
        addLoaded(model.capacity.card, wish, bytes: model.bytes, took: model.loadTime, at: now)
    }
}

extension WorkerConfiguration {
    /// The catalogue's words on a model that was opened at the start.
    fileprivate func entry(of served: ServedModel) -> CatalogueModel {
        catalogue.first { $0.name == served.name }
            ?? CatalogueModel(name: served.name, path: served.source.path)
    }

    /// Names everything but the weights that the bits of an answer depend on.
    var fingerprint: String { fingerprint(kernels: isScripted ? "scripted" : options.kernelPath) }
}
