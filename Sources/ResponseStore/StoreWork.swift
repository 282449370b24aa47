internal import Contract
internal import EventLoop
internal import SQLite
internal import Telemetry

typealias StoreFault = Database.Fault

/// One thing that a store was asked, and whom to tell.
struct StoreOperation: Sendable {
    /// Does it; what it returns is called once that is safe on disk.
    let perform: @Sendable (ResponseTable) throws(StoreFault) -> @Sendable () -> Void
    let fail: @Sendable (ResponseStoreError) -> Void

    init<Value: Sendable>(
        _ ask: @escaping @Sendable (ResponseTable) throws(StoreFault) -> Value,
        _ then: @escaping @Sendable (Result<Value, ResponseStoreError>) -> Void
    ) {
        perform = { (table) throws(StoreFault) in
            let value = try ask(table)
            return { then(.success(value)) }
        }
        fail = { then(.failure($0)) }
    }
}

/// The thread's side of a store: does what waits in one transaction.
final class StoreWork {
    /// A table on its way to its thread.
    struct Opening: Sendable {
        let path: String?
        let life: Life
        let limits: ResponseStoreLimits

        /// Why there can be no store at this place; nil where there can, or where what is there is broken.
        var refusal: ResponseStoreError? {
            guard let path else { return nil }
            do throws(StoreFault) {
                _ = try ResponseTable(path: path, life: life, limits: limits)
                return nil
            } catch {
                return error.kind == .unreachable ? .unreachable(path: path, reason: error.message) : nil
            }
        }
    }

    private static let retryTime: Duration = .seconds(5)
    private static let complaintTime: Duration = .seconds(60)

    private let opening: Opening
    private let log: Log
    private var table: ResponseTable?
    /// Why there is no table.
    private var fault: StoreFault?
    private var nextRetry = Instant.zero
    private var nextComplaint = Instant.zero

    init(_ opening: Opening, log: Log) {
        self.opening = opening
        self.log = log
        open()
    }

    func perform(_ batch: [StoreOperation]) {
        guard !batch.isEmpty else { return }
        if table == nil, EventLoop.monotonicNow() >= nextRetry { open() }
        guard let table else {
            for operation in batch { operation.fail(error(fault)) }
            return
        }
        do throws(StoreFault) {
            for done in try attempt(batch, table) { done() }
        } catch {
            table.rollback()
            // One of them may be the only one that cannot be done.
            guard batch.count == 1 else {
                for operation in batch { perform([operation]) }
                return
            }
            complain(error)
            batch[0].fail(self.error(error))
        }
    }

    private func attempt(
        _ batch: [StoreOperation],
        _ table: ResponseTable
    ) throws(StoreFault) -> [@Sendable () -> Void] {
        var completions: [@Sendable () -> Void] = []
        try table.begin()
        for operation in batch { completions.append(try operation.perform(table)) }
        try table.trim(at: EventLoop.monotonicNow())
        try table.commit()
        return completions
    }

    private func open() {
        nextRetry = EventLoop.monotonicNow() + Self.retryTime
        do throws(StoreFault) {
            table = try ResponseTable(path: opening.path, life: opening.life, limits: opening.limits)
            fault = nil
        } catch {
            fault = error
            complain(error)
        }
    }

    private func error(_ fault: StoreFault?) -> ResponseStoreError {
        .unusable(path: opening.path ?? "memory", reason: fault?.message ?? "it is not open")
    }

    private func complain(_ fault: StoreFault) {
        let now = EventLoop.monotonicNow()
        guard now >= nextComplaint else { return }
        nextComplaint = now + Self.complaintTime
        log.error(
            "responses cannot be stored or found",
            ["file": LogValue(opening.path ?? "memory"), "reason": LogValue(fault)]
        )
    }
}
