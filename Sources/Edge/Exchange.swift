internal import Contract
internal import Dialects
internal import Http

/// One request for text while it is being answered: joins the token streams of its jobs to the client's
/// connection.
///
/// The head of a streamed reply leaves with the first bytes to be shown or with the first keep-alive,
/// whichever comes first: a refusal that comes at once can so still be a proper HTTP status, and where a
/// worker has begun in time, the head says how much of the prompt it knew.
final class Exchange: Audience {
    let plan: GenerationPlan
    let requestID: String
    let startedAt: Instant
    /// Of every reply, besides those of its dialect.
    private let headers: [HttpField]
    private(set) var firstTokenAt: Instant?
    /// Of the first prompt to be computed.
    private(set) var prompt: PromptReport?
    private var writer: any ReplyWriter
    let responder: Responder
    /// Jobs that have not ended.
    private(set) var open: Set<JobID>
    private var places: [JobID: QueuePosition] = [:]
    private var hasBegun = false
    private var lastWrite: Instant
    private var buffer: [UInt8] = []

    init(
        _ plan: GenerationPlan,
        _ writer: any ReplyWriter,
        _ responder: Responder,
        requestID: String,
        headers: [HttpField],
        at now: Instant
    ) {
        self.headers = headers
        self.plan = plan
        self.writer = writer
        self.responder = responder
        self.requestID = requestID
        startedAt = now
        lastWrite = now
        open = Set(plan.jobs.map(\.id))
    }

    var tenant: String { plan.jobs.first?.routing.tenant ?? KeyBook.everybody }
    var model: String { plan.model }

    /// Whether the request may come again at another edge, which then goes on with it.
    private var isRepeatable: Bool { plan.jobs.first?.retryKey != nil }

    /// Whether the client has its whole reply, or cannot get it any more.
    var isOver: Bool { writer.state != .running }

    func show(_ record: TokenRecord, choice: Int, at now: Instant) {
        if firstTokenAt == nil, !record.ids.isEmpty { firstTokenAt = now }
        if record.end != nil { open.remove(record.job) }
        if prompt == nil, plan.generates {
            prompt = record.opening.map { PromptReport($0, plan.outline) }
        }
        places[record.job] = nil
        writer.accept(record, choice: choice, into: &buffer)
        flush(at: now)
    }

    /// The job ended without a record.
    ///
    /// That fails the whole request: a client cannot use half its choices.
    func fail(_ error: DialectError, job: JobID, at now: Instant) {
        open.remove(job)
        writer.fail(isRepeatable ? error.asMoved : error, into: &buffer)
        flush(at: now)
    }

    func note(_ place: QueuePosition) { places[place.job] = place }

    /// Says something if nothing was said for `silence`, so that neither the client nor a proxy gives up.
    func keepAlive(after silence: Duration, at now: Instant) {
        guard plan.streams, !isOver, now - lastWrite >= silence else { return }
        let place = places.values.max { $0.position < $1.position }
        writer.appendKeepAlive(place, into: &buffer)
        write(at: now)
    }

    private func flush(at now: Instant) {
        if plan.streams, hasBegun || !hasFailed { write(at: now) }
        guard isOver else { return }
        if hasBegun { return responder.end(isFailure: hasFailed) }
        var answer = writer.wholeAnswer()
        answer.headers += ownHeaders(at: now)
        responder.send(answer)
    }

    private func ownHeaders(at now: Instant) -> [HttpField] {
        headers + timeHeaders(at: now) + (prompt.map { [$0.header] } ?? [])
    }

    private func timeHeaders(at now: Instant) -> [HttpField] {
        plan.dialect == .openAI ? [.processingTime(now - startedAt)] : []
    }

    /// Nothing was sent and nothing will be: the whole answer is an error with a status of its own.
    private var hasFailed: Bool {
        if case .failed = writer.state { true } else { false }
    }

    private func write(at now: Instant) {
        guard !buffer.isEmpty else { return }
        if !hasBegun {
            hasBegun = true
            responder.startStream(
                status: 200,
                headers: ReplyHeaders(
                    plan.dialect.streamHeaders(requestID: requestID) + ownHeaders(at: now)
                )
            )
        }
        lastWrite = now
        responder.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

extension DialectError {
    /// Who asks again finds the stream where it is now.
    var asMoved: DialectError {
        code == .streamLost ? DialectError(.streamMoved, "\(detail); ask again") : self
    }
}

extension HttpField {
    /// What OpenAI's clients log.
    static func processingTime(_ time: Duration) -> HttpField {
        HttpField("openai-processing-ms", String(Int(time / .milliseconds(1))))
    }
}

extension ReplyHeaders {
    init(_ fields: [HttpField]) {
        self.init()
        for field in fields { append(field.name, field.value) }
    }
}

extension Responder {
    func send(_ answer: HttpAnswer) {
        send(status: answer.status, headers: ReplyHeaders(answer.headers), body: answer.body)
    }
}
