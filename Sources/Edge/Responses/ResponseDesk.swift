internal import Contract
internal import Dialects
internal import EventLoop
internal import ResponseStore

/// The responses of one edge: those that are made here, and the way to the store for everything else.
///
/// What the store answers comes back to the loop through a mailbox. Belongs to the loop's thread.
final class ResponseDesk {
    private struct Answer: Sendable {
        var ticket: UInt64
        var value: any Sendable
    }

    let store: ResponseStore
    private unowned let edge: EdgeHost
    private var runs: [ResponseID: ResponseRun] = [:]
    private var watchers: [RemoteFollow] = []
    private var mailbox: Mailbox<Answer>?
    private var waiting: [UInt64: (any Sendable) -> Void] = [:]
    private var lastTicket: UInt64 = 0
    private var whenIdle: (() -> Void)?
    private var timer: TimerID?

    /// How long a response may run on that somebody at another edge wants to stop.
    private static let sweepTime: Duration = .milliseconds(250)

    init(_ edge: EdgeHost, _ store: ResponseStore) {
        self.edge = edge
        self.store = store
    }

    func open() throws {
        let mailbox = try Mailbox<Answer>()
        try edge.loop.attach(mailbox) { [weak self] answers in
            for answer in answers { self?.waiting.removeValue(forKey: answer.ticket)?(answer.value) }
        }
        self.mailbox = mailbox
        timer = edge.loop.schedule(every: Self.sweepTime) { [weak self] in self?.sweep() }
    }

    func close() { if let timer { edge.loop.cancel(timer) } }

    /// Asks the store something and goes on with its answer, later and on the loop.
    func ask<Value: Sendable>(
        _ ask: (@escaping @Sendable (Value) -> Void) -> Void,
        then: @escaping (Value) -> Void
    ) {
        guard let mailbox else { return }
        lastTicket += 1
        let ticket = lastTicket
        waiting[ticket] = { if let value = $0 as? Value { then(value) } }
        ask { mailbox.post(Answer(ticket: ticket, value: $0)) }
    }

    /// Finds a response; it is read on the store's thread, as it may be long.
    func find(
        _ id: ResponseID,
        _ owner: ResponseOwner,
        then: @escaping (Result<StoredResponse, DialectError>) -> Void
    ) {
        ask { done in
            store.find(id.job, owner) { done(StoredResponse.reading($0, id)) }
        } then: {
            then($0)
        }
    }

    /// Finds what a request builds on; read there too.
    ///
    /// `field` is where the request names the last response of the conversation.
    func look(
        upTo last: ResponseID?,
        named ids: [ResponseID] = [],
        _ owner: ResponseOwner,
        field: String? = nil,
        then: @escaping (Result<EarlierResponses, DialectError>) -> Void
    ) {
        ask { done in
            store.look(upTo: last?.job, named: ids.map(\.job), owner) { outcome in
                done(EarlierResponses.reading(outcome, upTo: last, field))
            }
        } then: {
            then($0)
        }
    }

    // MARK: Responses that are made here

    func run(_ id: ResponseID) -> ResponseRun? { runs[id] }

    /// Keeps a response in mind until its end is told.
    func add(_ run: ResponseRun) { runs[run.id] = run }

    func forget(_ run: ResponseRun) {
        runs[run.id] = nil
        tellIfIdle()
    }

    /// Calls when nothing is made here any more.
    func whenIdle(_ then: @escaping () -> Void) {
        whenIdle = then
        tellIfIdle()
    }

    private func tellIfIdle() {
        guard runs.isEmpty, let then = whenIdle else { return }
        whenIdle = nil
        then()
    }

    // MARK: What is due from time to time

    /// Stops what somebody wants to stop who could not reach this edge itself.
    private func sweep() {
        guard runs.values.contains(where: \.isStored) else { return }
        ask {
            store.toStop($0)
        } then: { [weak self] outcome in
            guard let self, let ids = try? outcome.get() else { return }
            for id in ids { runs[ResponseID(id)]?.cancel() }
        }
    }

    func keepAlive(after silence: Duration, at now: Instant) {
        for watcher in watchers { watcher.keepAlive(after: silence, at: now) }
    }

    func add(_ watcher: RemoteFollow) { watchers.append(watcher) }
    func forget(_ watcher: RemoteFollow) { watchers.removeAll { $0 === watcher } }
}

extension DialectError {
    init(_ error: ResponseStoreError) {
        switch error {
        case .tooLarge: self.init(.tooLarge, "\(error)")
        case .overloaded: self.init(.laneFull, "\(error)", retryAfterSeconds: 1)
        case .closed: self.init(.draining, "\(error)", retryAfterSeconds: 1)
        case .unreachable, .unusable: self.init(.storeFailed, "\(error)")
        }
    }
}

extension StoredResponse {
    /// Nil for a row that cannot be read.
    init?(_ row: ResponseRow) {
        self.init(
            ResponseID(row.id),
            request: row.request,
            result: row.result,
            row.isLost ? .lost : row.hasStarted ? .started : .waiting
        )
    }

    /// What a store found under an id.
    static func reading(
        _ outcome: Result<ResponseRow?, ResponseStoreError>,
        _ id: ResponseID
    ) -> Result<StoredResponse, DialectError> {
        switch outcome {
        case .failure(let error): .failure(DialectError(error))
        case .success(nil): .failure(.noResponse("\(id)"))
        case .success(let row?): StoredResponse(row).map { .success($0) } ?? .failure(.unreadable(id))
        }
    }
}

extension DialectError {
    static func unreadable(_ id: ResponseID) -> DialectError {
        DialectError(.storeFailed, "\(id) is stored and cannot be read")
    }
}
