internal import EventLoop
internal import Synchronization
internal import Telemetry

/// What became of a load, or of a model that was to go.
enum LoaderReport: Sendable {
    case progressed(String, generation: UInt32, percent: UInt32)
    case loaded(LoadedModel)
    case failed(String, generation: UInt32, reason: String)
    case dropped(String, generation: UInt32, slot: Int)
}

/// Loads and frees models on threads of their own, while others are computed.
///
/// The pool says when: there is one load at a time, and as many frees as models drain.
final class ModelLoader: Sendable {
    private let configuration: WorkerConfiguration
    private let results: Mailbox<LoaderReport>
    /// Threads that have begun, by number; joined once they have nothing more to do.
    private let threads = Mutex<[Int: LoopThread]>([:])
    private let ended: Mailbox<Int>
    private let nextThread = Atomic<Int>(0)

    init(_ configuration: WorkerConfiguration, results: Mailbox<LoaderReport>, _ loop: EventLoop) throws {
        self.configuration = configuration
        self.results = results
        ended = try Mailbox()
        try loop.attach(ended) { [weak self] numbers in
            for number in numbers { self?.threads.withLock { $0.removeValue(forKey: number) }?.join() }
        }
    }

    func load(_ model: CatalogueModel, _ start: ModelStart, within limit: UInt64) {
        var start = start
        let percent = LastPercent()
        let (results, name, generation) = (results, model.name, start.generation)
        start.onProgress = { fraction in
            guard let percent = percent.take(fraction) else { return }
            results.post(.progressed(name, generation: generation, percent: percent))
        }
        run("load") { [configuration, start] in
            do {
                results.post(.loaded(try configuration.load(model, start, within: limit)))
            } catch {
                results.post(.failed(name, generation: generation, reason: "\(error)"))
            }
        }
    }

    /// Ends a model's thread, and with it what the model has in memory.
    func drop(_ model: LoadedModel) {
        let (results, name) = (results, model.served.name)
        let (thread, generation, slot) = (model.thread, model.generation, model.slot)
        run("drop") {
            thread.stop()
            results.post(.dropped(name, generation: generation, slot: slot))
        }
    }

    private func run(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let number = nextThread.wrappingAdd(1, ordering: .relaxed).newValue
        let ended = ended
        threads.withLock { threads in
            // The loop cannot hear of the end before the thread is listed: it waits for this lock.
            threads[number] = try? LoopThread(name: name) {
                body()
                ended.post(number)
            }
        }
    }
}

/// Tells whole percents, each once.
private final class LastPercent: Sendable {
    private let told = Mutex<UInt32?>(nil)

    /// Nil where it was told already.
    func take(_ fraction: Double) -> UInt32? {
        let percent = UInt32(max(0, min(99, fraction * 100)))
        return told.withLock { told in
            guard told != percent else { return nil }
            told = percent
            return percent
        }
    }
}
