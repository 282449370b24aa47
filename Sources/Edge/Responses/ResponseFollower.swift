internal import Contract
internal import Dialects
internal import Http

/// One client that is told the events of a response, in order and each once.
///
/// One that reads too slowly is not waited for: it is told the rest from the transcript when it has caught
/// up, so that what waits for it stays small however long the response is.
final class ResponseFollower {
    /// What is written at once to a client that catches up.
    private static let pieceBytes = 128 << 10

    private let responder: Responder
    private var headers: [HttpField]
    /// The number of the last event that was written.
    private(set) var position: Int?
    private var hasBegun = false
    private var isBehind = false
    private var lastWrite: Instant
    /// What there is to catch up with.
    private let transcript: () -> ResponseTranscript?
    /// All that there will ever be.
    private var last: ResponseTranscript?

    /// `transcript` is what it follows, as it is when asked.
    init(
        _ responder: Responder,
        after position: Int?,
        headers: [HttpField],
        at now: Instant,
        _ transcript: @escaping () -> ResponseTranscript?
    ) {
        self.responder = responder
        self.position = position
        self.headers = headers
        self.transcript = transcript
        lastWrite = now
        // The responder lets go of it when the reply ends, however that comes.
        responder.onDrain = { [self] in drained() }
    }

    /// Says one thing more in the head, if that has not left.
    func add(_ header: HttpField) { headers.append(header) }

    /// Events that follow the one numbered `previous`, up to the one numbered `last`.
    func take(_ bytes: [UInt8], after previous: Int?, upTo last: Int?, at now: Instant) {
        guard !isBehind, position == previous, !bytes.isEmpty else { return }
        lastWrite = now
        position = last
        write(bytes)
    }

    /// Writes what the transcript has behind the last event that was written.
    func catchUp(at now: Instant) {
        lastWrite = now
        catchUp()
    }

    /// Nothing more will come: ends once all of it is written.
    func end(_ last: ResponseTranscript) {
        self.last = last
        if !isBehind { catchUp() }
    }

    /// Answers in place of the stream, which has not begun.
    func refuse(_ answer: HttpAnswer) { responder.send(answer) }

    /// Ends with an error, in place of what cannot be told any more.
    func fail(_ error: DialectError) {
        guard !isBehind else { return responder.abort() }
        var bytes: [UInt8] = []
        ResponseTranscript.appendError(error, after: position, into: &bytes)
        write(bytes)
        responder.end(isFailure: true)
    }

    func keepAlive(_ place: QueuePosition?, after silence: Duration, at now: Instant) {
        guard !isBehind, last == nil, now - lastWrite >= silence else { return }
        lastWrite = now
        var bytes: [UInt8] = []
        ResponseTranscript.appendKeepAlive(place, into: &bytes)
        write(bytes)
    }

    private func drained() {
        isBehind = false
        catchUp()
    }

    private func catchUp() {
        while !isBehind, let transcript = last ?? transcript() {
            var bytes: [UInt8] = []
            let (told, isAll) = transcript.appendEvents(after: position, limit: Self.pieceBytes, into: &bytes)
            position = told
            if !bytes.isEmpty { write(bytes) }
            if isAll { break }
        }
        guard last != nil, !isBehind else { return }
        begin()
        responder.end(isFailure: last?.hasFailed ?? false)
    }

    private func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        responder.startStream(status: 200, headers: ReplyHeaders(headers))
    }

    private func write(_ bytes: [UInt8]) {
        begin()
        if !responder.write(bytes) { isBehind = true }
    }
}
