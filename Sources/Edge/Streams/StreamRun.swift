internal import Contract
internal import Dialects
internal import Http

/// A stream that its client can come back to, here or at another edge.
///
/// Can become: followed → left (its client is gone, its job goes on) → followed …, until its job has ended
/// and nobody came back for a while. It keeps the records of the stream, and writes the reply again for
/// whoever comes.
final class StreamRun: Audience {
    let ticket: ReplyTicket
    let tenant: String
    let startedAt: Instant
    private(set) var firstTokenAt: Instant?
    private(set) var prompt: PromptReport?
    private(set) var open: Set<JobID>
    /// Since when it has no client.
    private(set) var leftAt: Instant?
    private let outline: PromptOutline
    private var records: [TokenRecord] = []
    private var failure: DialectError?
    private var place: QueuePosition?
    private var client: StreamClient?
    private let loopTime: () -> Instant

    init(
        _ ticket: ReplyTicket,
        tenant: String,
        outline: PromptOutline = PromptOutline(),
        clock: @escaping () -> Instant
    ) {
        self.ticket = ticket
        self.tenant = tenant
        self.outline = outline
        loopTime = clock
        startedAt = clock()
        open = [ticket.stream]
    }

    var stream: JobID { ticket.stream }
    var requestID: String { ticket.requestID }
    var model: String { ticket.model }
    /// Whether another edge has it, or nobody.
    var isLost: Bool { failure?.code == .streamLost }
    var isOver: Bool { failure != nil || records.last?.end != nil }

    /// Has a client follow from behind what it has; one that is there is cut off, for nobody reads a stream
    /// twice.
    func follow(_ responder: Responder, after place: EventPlace, headers: [HttpField]) {
        client?.cutOff()
        leftAt = nil
        let client = StreamClient(ticket, responder, after: place, headers: headers, at: loopTime())
        self.client = client
        responder.onClose = { [weak self, weak client] in
            guard let self, let client, self.client === client else { return }
            leave()
        }
        for record in records { client.take(record, at: loopTime()) }
        if let failure { client.fail(failure, at: loopTime()) }
        if client.isDone { leave() }
    }

    private func leave() {
        client = nil
        leftAt = loopTime()
    }

    func show(_ record: TokenRecord, choice: Int, at now: Instant) {
        guard !isOver else { return }
        if firstTokenAt == nil, !record.ids.isEmpty { firstTokenAt = now }
        if prompt == nil, let opening = record.opening { prompt = PromptReport(opening, outline) }
        if record.end != nil { open = [] }
        place = nil
        records.append(record)
        client?.add(prompt?.header)
        client?.take(record, at: now)
        if client?.isDone == true { leave() }
    }

    func fail(_ error: DialectError, job: JobID, at now: Instant) {
        guard !isOver else { return }
        open = []
        failure = error
        client?.fail(ticket.request == nil ? error : error.asMoved, at: now)
        if client?.isDone == true { leave() }
    }

    func note(_ place: QueuePosition) { self.place = place }

    func keepAlive(after silence: Duration, at now: Instant) {
        client?.keepAlive(place, after: silence, at: now)
    }
}
