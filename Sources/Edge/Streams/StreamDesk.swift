internal import Contract
internal import Dialects
internal import EventLoop
internal import Http
internal import ResponseStore
internal import Roles

/// The streams of this edge that clients can come back to, and those of other edges that they ask for here.
final class StreamDesk {
    /// A request header that asks for such a stream, and a response header that names it.
    static let askedHeader = "x-millrace-resumable"
    static let streamHeader = "x-millrace-stream"
    /// How long a stream is kept for a client that left, running or ended.
    private static let grace = Duration.seconds(10)

    /// A client that asks for a stream of another edge.
    private struct Seeker {
        var context: RouteContext
        var owner: String
        var place: EventPlace
    }

    private unowned let edge: EdgeHost
    private var runs: [JobID: StreamRun] = [:]
    private var seekers: [JobID: Seeker] = [:]

    init(_ edge: EdgeHost) { self.edge = edge }

    /// Begins a stream for a client that asked to be able to come back; false where that cannot be.
    func begin(
        _ plan: GenerationPlan,
        _ identity: ReplyIdentity,
        _ context: RouteContext
    ) throws(DialectError) -> Bool {
        guard try isAsked(context.headers),
            let ticket = ReplyTicket(plan, identity, owner: ResponseOwner(of: context.headers).name)
        else { return false }
        var jobs = plan.jobs
        jobs[0].ticket = ticket.text
        let run = makeRun(ticket, tenant: context.tenant, outline: plan.outline)
        run.follow(
            context.responder,
            after: .start,
            headers: edge.limitHeaders(plan) + [HttpField(Self.streamHeader, "\(run.stream)")]
        )
        edge.start(run, jobs)
        return true
    }

    private func isAsked(_ headers: RequestHeaders) throws(DialectError) -> Bool {
        switch headers[Self.askedHeader] {
        case nil, "false": return false
        case "true": return true
        case let value?:
            let detail = "header \(Self.askedHeader) is \"\(value.prefix(64))\", it must be true or false"
            throw DialectError(.invalidRequest, detail)
        }
    }

    /// A client comes back to a stream, from behind a place in it.
    func resume(_ stream: JobID, after place: EventPlace, _ context: RouteContext) {
        let owner = ResponseOwner(of: context.headers).name
        if let run = runs[stream], !run.isLost {
            guard run.ticket.owner == owner, run.tenant == context.tenant else {
                return context.refuse(.lostStream(stream), run.ticket.dialect)
            }
            return follow(run, after: place, context)
        }
        // Whoever asked before for the same one is gone, or is to be.
        seekers[stream]?.context.responder.abort()
        seekers[stream] = Seeker(context: context, owner: owner, place: place)
        context.responder.onClose = { [weak self] in self?.stopSeeking(stream) }
        edge.change { $0.seek(stream, at: $1) }
    }

    /// A stream of another edge was found: it is this edge's from here on, if its client may have it.
    func found(_ submission: Submission) {
        let id = submission.job.id
        guard let seeker = seekers.removeValue(forKey: id) else { return }
        seeker.context.responder.onClose = nil
        guard let ticket = submission.job.ticket.flatMap(ReplyTicket.init(parsing:)),
            ticket.stream == id, ticket.owner == seeker.owner,
            submission.job.routing.tenant == seeker.context.tenant
        else { return seeker.context.refuse(.lostStream(id), Dialect(of: seeker.context.headers)) }
        let run = makeRun(ticket, tenant: submission.job.routing.tenant, outline: PromptOutline())
        follow(run, after: seeker.place, seeker.context)
        edge.adopt(run, submission)
    }

    func unfound(_ stream: JobID) {
        guard let seeker = seekers.removeValue(forKey: stream) else { return }
        seeker.context.refuse(.lostStream(stream), Dialect(of: seeker.context.headers))
    }

    /// Gives up what nobody came back to.
    func sweep(at now: Instant) {
        for (id, run) in runs {
            guard let left = run.leftAt, now - left > Self.grace else { continue }
            runs[id] = nil
            if !run.isOver { edge.abandon(run) }
        }
    }

    func makeRun(_ ticket: ReplyTicket, tenant: String, outline: PromptOutline) -> StreamRun {
        let loop = edge.loop
        let run = StreamRun(ticket, tenant: tenant, outline: outline) { loop.now }
        runs[run.stream] = run
        return run
    }

    private func follow(_ run: StreamRun, after place: EventPlace, _ context: RouteContext) {
        let name = HttpField(Self.streamHeader, "\(run.stream)")
        run.follow(context.responder, after: place, headers: [name])
    }

    private func stopSeeking(_ stream: JobID) {
        seekers[stream] = nil
        edge.change { role, _ in role.stopSeeking(stream) }
    }
}

extension DialectError {
    /// Nobody holds it: it never was, ended long ago, is somebody else's, or died with its edge and worker.
    static func lostStream(_ stream: JobID) -> DialectError {
        DialectError(.streamLost, "nobody holds the stream \(stream) any more; ask again from the beginning")
    }
}
