internal import Contract
internal import Dialects
internal import Http

/// One client's connection to a stream, from the place on that it has read to.
final class StreamClient {
    private let dialect: Dialect
    private let streams: Bool
    private let requestID: String
    private var writer: any ReplyWriter
    private let responder: Responder
    private var headers: [HttpField]
    private let startedAt: Instant
    private var lastWrite: Instant
    private var hasBegun = false
    private var buffer: [UInt8] = []

    init(
        _ ticket: ReplyTicket,
        _ responder: Responder,
        after place: EventPlace,
        headers: [HttpField],
        at now: Instant
    ) {
        dialect = ticket.dialect
        streams = ticket.streams
        requestID = ticket.requestID
        writer = ticket.writer(after: place)
        self.responder = responder
        self.headers = headers
        startedAt = now
        lastWrite = now
    }

    /// Whether it has been told the end.
    var isDone: Bool { writer.state != .running }

    /// One more header, if the reply has not begun.
    func add(_ header: HttpField?) {
        guard let header, !hasBegun, !headers.contains(header) else { return }
        headers.append(header)
    }

    func take(_ record: TokenRecord, at now: Instant) {
        writer.accept(record, choice: 0, into: &buffer)
        flush(at: now)
    }

    func fail(_ error: DialectError, at now: Instant) {
        writer.fail(error, into: &buffer)
        flush(at: now)
    }

    func keepAlive(_ place: QueuePosition?, after silence: Duration, at now: Instant) {
        guard streams, !isDone, now - lastWrite >= silence else { return }
        writer.appendKeepAlive(place, into: &buffer)
        write(at: now)
    }

    /// Breaks the connection off: the stream goes on elsewhere.
    func cutOff() { responder.abort() }

    private func flush(at now: Instant) {
        let hasFailed = if case .failed = writer.state { true } else { false }
        if hasFailed || !streams, !hasBegun, isDone {
            var answer = writer.wholeAnswer()
            answer.headers += headers + timeHeaders(at: now)
            return responder.send(answer)
        }
        write(at: now)
        guard streams, isDone else { return }
        // Somebody who had everything is told nothing but the end.
        if !hasBegun { begin(at: now) }
        responder.end(isFailure: hasFailed)
    }

    private func write(at now: Instant) {
        guard !buffer.isEmpty else { return }
        if !hasBegun { begin(at: now) }
        lastWrite = now
        responder.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func begin(at now: Instant) {
        hasBegun = true
        let fields = dialect.streamHeaders(requestID: requestID) + headers + timeHeaders(at: now)
        responder.startStream(status: 200, headers: ReplyHeaders(fields))
    }

    private func timeHeaders(at now: Instant) -> [HttpField] {
        dialect == .openAI ? [.processingTime(now - startedAt)] : []
    }
}
