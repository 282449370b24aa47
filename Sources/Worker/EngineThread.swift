internal import Contract
internal import Engine
internal import EventLoop
internal import Synchronization

/// What one engine step, or a failed preparation, has to tell the worker's loop.
struct EngineReport: Sendable {
    /// Of the model that it comes from.
    var slot: Int
    var records: [TokenRecord]
    var counters: EngineCounters
    /// What has become of beginnings that the engine holds.
    var holdings: [HoldingChange] = []
}

/// One model's engine on its own thread: takes commands between steps, and reports each step once.
///
/// Nothing else runs on this thread, so a step waits for nobody.
final class EngineThread: Sendable {
    private enum Command: Sendable {
        case submit(GenerationRequest)
        case cancel(JobID, Attempt)
        case stop
    }

    private let inbox = Mutex<[Command]>([])
    private let bell: Doorbell
    /// When the step under way began, in microseconds; `idle` when there is none.
    private let stepBegan = Atomic<Int64>(EngineThread.idle)
    private let thread: Mutex<LoopThread?> = Mutex(nil)

    private static let idle = Int64.min

    /// Makes the engine on the new thread, which it never leaves, and waits until it is there.
    ///
    /// `make` is given what wakes the thread.
    init(
        index: Int,
        reports: Mailbox<EngineReport>,
        make: @escaping @Sendable (Doorbell) throws -> Engine
    ) throws {
        bell = try Doorbell()
        let outcome = try MakingOutcome()
        let started = try LoopThread(name: "engine-\(index)") { [self] in
            run(make, outcome, index: index, reports: reports)
        }
        thread.withLock { $0 = started }
        if let error = outcome.wait() { throw error }
    }

    func submit(_ request: GenerationRequest) { post(.submit(request)) }
    func cancel(_ job: JobID, _ attempt: Attempt) { post(.cancel(job, attempt)) }

    /// Ends the thread after the step under way.
    func stop() {
        post(.stop)
        thread.withLock { $0 }?.join()
    }

    /// How long a step has been under way; nil while there is nothing to do.
    func stepTime(at now: Instant) -> Duration? {
        let began = stepBegan.load(ordering: .relaxed)
        return began == Self.idle ? nil : now - Instant(microseconds: began)
    }

    private func post(_ command: Command) {
        let wasEmpty = inbox.withLock { commands in
            defer { commands.append(command) }
            return commands.isEmpty
        }
        // What was there before has rung, and was not taken yet.
        if wasEmpty { bell.ring() }
    }

    private func take() -> [Command] {
        inbox.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }

    private func run(
        _ make: @Sendable (Doorbell) throws -> Engine,
        _ outcome: MakingOutcome,
        index: Int,
        reports: Mailbox<EngineReport>
    ) {
        do {
            var engine = try make(bell)
            outcome.tell(nil)
            serve(&engine, index: index, reports: reports)
        } catch {
            outcome.tell(error)
        }
    }

    private func serve(_ engine: inout Engine, index: Int, reports: Mailbox<EngineReport>) {
        while true {
            for command in take() {
                switch command {
                case .submit(let request): engine.submit(request)
                case .cancel(let job, let attempt): engine.cancel(job, attempt)
                case .stop: return reports.post(farewell(of: engine, index))
                }
            }
            guard engine.hasWork else {
                rest()
                continue
            }
            let before = EventLoop.monotonicNow()
            stepBegan.store(before.microseconds, ordering: .relaxed)
            let records = engine.step(at: before)
            engine.note(stepTook: EventLoop.monotonicNow() - before)
            var report = EngineReport(slot: index, records: records, counters: engine.counters)
            report.holdings = engine.takeHoldingChanges()
            reports.post(report)
            // Whatever changes that, rings.
            if engine.waitsForTier { rest() }
        }
    }

    /// Whoever counts on what the engine held is told that it is gone.
    private func farewell(of engine: borrowing Engine, _ index: Int) -> EngineReport {
        var report = EngineReport(slot: index, records: [], counters: engine.counters)
        report.holdings = engine.heldLinks.sorted().map { .dropped($0) }
        return report
    }

    private func rest() {
        stepBegan.store(Self.idle, ordering: .relaxed)
        bell.wait()
    }
}
