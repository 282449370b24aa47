public import Contract
internal import EventLoop
internal import Glibc
internal import Synchronization
public import Telemetry

/// Keeps what was asked and answered, so that conversations can go on and answers be read again.
///
/// - All work is done in order by one thread of its own, a transaction for everything that waits: what was
///   put in is found by whoever asks later, and nobody's loop waits for a disk.
/// - What is acknowledged outlives the process and a loss of power, where the store is a file.
/// - Several processes may share a file. A response whose process has gone is told as lost.
/// - A file that fails is said once in a while, and each request that needed it is told.
///
/// May be used from any thread; completions run on the store's own and must be short.
public final class ResponseStore: Sendable {
    public enum Place: Hashable, Sendable {
        case memory
        case file(String)
    }

    public typealias Completion<Value> = @Sendable (Result<Value, ResponseStoreError>) -> Void

    private struct State {
        var waiting: [StoreOperation] = []
        var waitingBytes = 0
        var isStopping = false
    }

    private let limits: ResponseStoreLimits
    private let state = Mutex(State())
    private let bell: Doorbell
    private let life: Life
    private let thread = Mutex<LoopThread?>(nil)

    /// Opens a file, which is made where there is none; one that is broken is reported and left as it is.
    public init(_ place: Place, limits: ResponseStoreLimits, log: Log) throws(ResponseStoreError) {
        self.limits = limits
        // A file that may not grow any further is an error of its own; the signal would end the process.
        signal(SIGXFSZ, SIG_IGN)
        var path: String?
        if case .file(let name) = place { path = name }
        let life = try Life(beside: path)
        self.life = life
        do throws(EventLoop.SystemError) {
            bell = try Doorbell()
        } catch {
            throw .unreachable(path: path ?? "memory", reason: "\(error)")
        }
        // Opened here, so that a wrong place is known at once; then it is the thread's alone.
        let opened = StoreWork.Opening(path: path, life: life, limits: limits)
        if let error = opened.refusal { throw error }
        let work = Mutex<StoreWork.Opening?>(opened)
        do throws(EventLoop.SystemError) {
            let started = try LoopThread(name: "responses") { [self] in
                guard let opened = work.withLock({ $0.take() }) else { return }
                run(StoreWork(opened, log: log))
            }
            thread.withLock { $0 = started }
        } catch {
            throw .unreachable(path: path ?? "memory", reason: "\(error)")
        }
    }

    /// Does what waits, and leaves the file.
    public func stop() {
        state.withLock { $0.isStopping = true }
        bell.ring()
        thread.withLock { $0 }?.join()
        life.end()
    }

    private func run(_ work: StoreWork) {
        while true {
            let (batch, isStopping) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.waitingBytes = 0
                }
                return (state.waiting, state.isStopping)
            }
            work.perform(batch)
            if !batch.isEmpty { continue }
            if isStopping { return }
            bell.wait()
        }
    }

    // MARK: What can be asked

    /// Puts a response in that begins.
    public func begin(_ row: ResponseRow, _ owner: ResponseOwner, _ then: @escaping Completion<Void>) {
        write(row, then) { (table) throws(StoreFault) in try table.add(row, owner) }
    }

    /// Puts what came of it in, whether or not it was there before.
    public func end(_ row: ResponseRow, _ owner: ResponseOwner, _ then: @escaping Completion<Void>) {
        write(row, then) { (table) throws(StoreFault) in try table.end(row, owner) }
    }

    /// Notes that something of it was made.
    public func markStarted(_ id: JobID) {
        post(0, { _ in }) { (table) throws(StoreFault) in try table.markStarted(id) }
    }

    /// Takes out one that was never to be seen.
    public func forget(_ id: JobID) {
        post(0, { _ in }) { (table) throws(StoreFault) in try table.remove(id) }
    }

    /// One response; nil for what is not there, or not this owner's.
    public func find(
        _ id: JobID,
        _ owner: ResponseOwner,
        _ then: @escaping Completion<ResponseRow?>
    ) {
        post(0, then) { (table) throws(StoreFault) in
            guard let (row, stopping) = try table.find(id, owner), stopping != .remove else { return nil }
            return row
        }
    }

    /// The conversation that ends in `last`, and other responses; all of them count as used.
    public func look(
        upTo last: JobID?,
        named ids: [JobID] = [],
        _ owner: ResponseOwner,
        _ then: @escaping Completion<ResponseLookup>
    ) {
        // What they count for is written by itself: reading goes on where nothing can be written.
        let found: Completion<ResponseLookup> = { [self] result in
            then(result)
            guard let lookup = try? result.get() else { return }
            let ids = (lookup.conversation + lookup.named).map(\.id)
            post(0, { _ in }) { (table) throws(StoreFault) in for id in ids { try table.touch(id) } }
        }
        post(0, found) { [limits] (table) throws(StoreFault) in
            var lookup = ResponseLookup()
            var byteCount = 0
            func take(_ id: JobID) throws(StoreFault) -> ResponseRow? {
                guard let (row, stopping) = try table.find(id, owner), stopping != .remove else {
                    lookup.missing = lookup.missing ?? id
                    return nil
                }
                byteCount += row.byteCount
                lookup.isTooLong = byteCount > limits.conversationBytes
                return row
            }
            var next = last
            while let id = next, let row = try take(id) {
                lookup.conversation.append(row)
                if lookup.conversation.count > limits.conversationCount { lookup.isTooLong = true }
                guard !lookup.isTooLong else { return lookup }
                next = row.previous
            }
            lookup.conversation.reverse()
            for id in ids where !lookup.isTooLong {
                if let row = try take(id) { lookup.named.append(row) }
            }
            return lookup
        }
    }

    /// Removes a response, at once or as soon as the process that runs it has stopped; false for what is not
    /// there, or not this owner's.
    public func remove(_ id: JobID, _ owner: ResponseOwner, _ then: @escaping Completion<Bool>) {
        post(0, then) { (table) throws(StoreFault) in
            guard let (row, stopping) = try table.find(id, owner), stopping != .remove else { return false }
            if row.result == nil, !row.isLost {
                try table.ask(id, .remove)
            } else {
                try table.remove(id)
            }
            return true
        }
    }

    /// Asks whoever runs a response to cancel it; the row as it is now.
    public func cancel(_ id: JobID, _ owner: ResponseOwner, _ then: @escaping Completion<ResponseRow?>) {
        post(0, then) { (table) throws(StoreFault) in
            guard let (row, stopping) = try table.find(id, owner), stopping != .remove else { return nil }
            if row.isBackground, row.result == nil, !row.isLost { try table.ask(id, .cancel) }
            return row
        }
    }

    /// Running responses of this process that were asked to stop, by whomever.
    public func toStop(_ then: @escaping Completion<[JobID]>) {
        post(0, then) { (table) throws(StoreFault) in try table.toStop() }
    }

    /// How many there are, and what they hold.
    public func size(_ then: @escaping Completion<(count: Int, bytes: Int)>) {
        post(0, then) { (table) throws(StoreFault) in try table.size() }
    }

    // MARK: Work

    private func write(
        _ row: ResponseRow,
        _ then: @escaping Completion<Void>,
        _ change: @escaping @Sendable (ResponseTable) throws(StoreFault) -> Void
    ) {
        let limit = min(limits.responseBytes, limits.bytes)
        guard row.byteCount <= limit else {
            return then(.failure(.tooLarge(bytes: row.byteCount, limit: limit)))
        }
        post(row.byteCount, then, change)
    }

    private func post<Value: Sendable>(
        _ byteCount: Int,
        _ then: @escaping Completion<Value>,
        _ ask: @escaping @Sendable (ResponseTable) throws(StoreFault) -> Value
    ) {
        let operation = StoreOperation(ask, then)
        let error: ResponseStoreError? = state.withLock { state in
            guard !state.isStopping else { return .closed }
            guard state.waiting.count < limits.waitingCount,
                state.waitingBytes == 0 || state.waitingBytes + byteCount <= limits.waitingBytes
            else { return .overloaded }
            state.waiting.append(operation)
            state.waitingBytes += byteCount
            return nil
        }
        if let error { then(.failure(error)) } else { bell.ring() }
    }
}
