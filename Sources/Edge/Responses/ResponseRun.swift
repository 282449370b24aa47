internal import Contract
internal import Dialects
internal import EventLoop
internal import Http
internal import ResponseStore
internal import Telemetry

/// A response while it is made: joins its job's stream to the clients that follow it and to the store.
///
/// Can become: begun → running → ended (all tokens are there) → told (the store has it, and every client the
/// end). One in the background goes on without clients; any other is cancelled when its client leaves.
final class ResponseRun: Audience {
    let id: ResponseID
    let owner: ResponseOwner
    let requestID: String
    let model: String
    let tenant: String
    let startedAt: Instant
    private(set) var firstTokenAt: Instant?
    private(set) var prompt: PromptReport?
    private let outline: PromptOutline
    private(set) var open: Set<JobID>
    private var reply: ResponsesReply
    private let previous: ResponseID?
    private unowned let edge: EdgeHost
    private var followers: [ResponseFollower] = []
    /// The client that waits for the whole reply.
    private var client: (responder: Responder, headers: [HttpField])?
    private var place: QueuePosition?
    private var isMarkedStarted = false
    private var hasConcluded = false
    private var onConclusion: [() -> Void] = []
    private var buffer: [UInt8] = []

    init(_ edge: EdgeHost, _ reply: ResponsesReply, _ plan: GenerationPlan, _ request: ResponseOrigin) {
        self.edge = edge
        self.reply = reply
        id = reply.transcript.id
        owner = request.owner
        previous = request.previous
        requestID = request.requestID
        model = plan.model
        tenant = plan.jobs.first?.routing.tenant ?? KeyBook.everybody
        outline = plan.outline
        open = Set(plan.jobs.map(\.id))
        startedAt = edge.loop.now
    }

    var transcript: ResponseTranscript { reply.transcript }
    var isBackground: Bool { reply.isBackground }
    var isStored: Bool { reply.isStored }
    var isOver: Bool { reply.state != .running }

    /// What a store keeps of it from the beginning.
    private(set) lazy var row = ResponseRow(
        id: id.job,
        previous: previous?.job,
        isBackground: isBackground,
        request: reply.transcript.storedRequest
    )

    // MARK: Clients

    /// Has a client wait for the whole reply.
    func serve(_ responder: Responder, headers: [HttpField]) {
        client = (responder, headers)
        responder.onClose = { [weak self] in self?.leave() }
    }

    /// Has a client follow, from the event after `position` on; without the one that asked for it, a response
    /// goes on in the background only.
    func follow(
        _ responder: Responder,
        after position: Int?,
        headers: [HttpField],
        isAsker: Bool = false
    ) {
        let follower = ResponseFollower(
            responder,
            after: position,
            headers: headers,
            at: edge.loop.now
        ) { [weak self] in self?.transcript }
        followers.append(follower)
        responder.onClose = { [weak self, weak follower] in
            guard let self, let follower else { return }
            followers.removeAll { $0 === follower }
            if isAsker, !isBackground { leave() }
        }
        if !reply.isSilent { follower.catchUp(at: edge.loop.now) }
    }

    /// Calls when the end is told, which may be at once.
    func whenConcluded(_ then: @escaping () -> Void) {
        if hasConcluded { then() } else { onConclusion.append(then) }
    }

    private func leave() {
        guard !isOver else { return }
        edge.abandon(self)
        stop("its client went away")
    }

    /// Stops it where it is.
    func cancel() {
        guard !isOver else { return }
        edge.stop(self)
        stop("it was cancelled")
    }

    private func stop(_ reason: String) {
        tell { $0.fail(DialectError(.cancelled, "the response ends early: \(reason)"), into: &$1) }
        finish()
    }

    // MARK: The stream

    /// Tells that it waits, before anything else.
    func queue() { tell { $0.queue(into: &$1) } }

    func show(_ record: TokenRecord, choice: Int, at now: Instant) {
        guard !isOver else { return }
        if firstTokenAt == nil, !record.ids.isEmpty { firstTokenAt = now }
        if record.end != nil { open.remove(record.job) }
        place = nil
        if prompt == nil, let opening = record.opening { note(PromptReport(opening, outline)) }
        tell { $0.accept(record, choice: choice, into: &$1) }
        if isBackground, !isMarkedStarted {
            isMarkedStarted = true
            edge.responses.store.markStarted(id.job)
        }
        if isOver { finish() }
    }

    private func note(_ prompt: PromptReport) {
        self.prompt = prompt
        for follower in followers { follower.add(prompt.header) }
    }

    func fail(_ error: DialectError, job: JobID, at now: Instant) {
        guard !isOver else { return }
        open.remove(job)
        tell { $0.fail(error, into: &$1) }
        finish()
    }

    func note(_ place: QueuePosition) { self.place = place }

    func keepAlive(after silence: Duration, at now: Instant) {
        guard !isOver else { return }
        // Whoever streams hears that it waits.
        if reply.isSilent, !followers.isEmpty, now - startedAt >= silence { queue() }
        for follower in followers { follower.keepAlive(place, after: silence, at: now) }
    }

    private func tell(_ change: (inout ResponsesReply, inout [UInt8]) -> Void) {
        let previous = reply.position
        change(&reply, &buffer)
        let last = reply.position
        for follower in followers {
            follower.take(buffer, after: previous, upTo: last, at: edge.loop.now)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    // MARK: The end

    private func finish() {
        let ended = reply.end(at: edge.secondsSince1970)
        // A refusal before anything was made has a status of its own, and leaves nothing behind.
        guard isStored, !(reply.isSilent && !isBackground) else {
            if isStored { edge.responses.store.forget(id.job) }
            return conclude(isStored: false)
        }
        var row = row
        row.result = ended.storedResult
        edge.responses.ask {
            edge.responses.store.end(row, owner, $0)
        } then: { [self] outcome in
            if case .failure(let error) = outcome {
                edge.log.warn("a response is not stored", ["id": LogValue(id), "reason": LogValue(error)])
            }
            conclude(isStored: (try? outcome.get()) != nil)
        }
    }

    private func conclude(isStored: Bool) {
        hasConcluded = true
        tell { $0.tellEnd(isStored: isStored, into: &$1) }
        let time = HttpField.processingTime(edge.loop.now - startedAt)
        var answer = reply.wholeAnswer()
        if let client {
            answer.headers += client.headers + [time] + (prompt.map { [$0.header] } ?? [])
            client.responder.send(answer)
        }
        for follower in followers {
            if reply.isSilent { follower.refuse(answer) } else { follower.end(transcript) }
        }
        (client, followers) = (nil, [])
        edge.responses.forget(self)
        for then in onConclusion { then() }
        onConclusion = []
    }
}

/// Who asked for a response, and what it goes on from.
struct ResponseOrigin {
    var owner: ResponseOwner
    var requestID: String
    var previous: ResponseID?
}
