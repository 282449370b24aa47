internal import Contract
internal import Dialects
internal import EventLoop
internal import Http
internal import ResponseStore
internal import Retries

/// The requests of this edge that may come again: gives them the reply that is there, or has one made that
/// others can be given.
///
/// Routes know nothing of it: they answer a responder, and cannot tell a client from several. Belongs to the
/// loop's thread.
final class RetryDesk {
    private unowned let edge: EdgeHost
    private let rules: RetryRules
    private var book: RetryBook
    /// Those that the book has.
    private var replies: [RetryBook.Number: SharedReply] = [:]

    init(_ edge: EdgeHost, _ rules: RetryRules) {
        self.edge = edge
        self.rules = rules
        book = RetryBook(rules.policy)
    }

    /// A request on its way to its route; nil if it has got its reply, or will.
    func admit(_ context: RouteContext) throws(DialectError) -> RouteContext? {
        let request = try rules.request(context)
        guard let request, request.isWorthNoting else { return context }
        switch book.look(request, at: edge.loop.now) {
        case .fresh: return begin(request, context)
        case .joins(let number, let reason):
            edge.meters.retries.joined(reason)
            tell(number, context.responder, RetryRules.headers(reason))
        case .replays(let number):
            edge.meters.retries.noteReplay()
            tell(number, context.responder, RetryRules.headers(.key))
        case .conflicts:
            edge.meters.retries.noteConflict()
            throw .keyReused
        }
        return nil
    }

    private func begin(_ request: RepeatableRequest, _ context: RouteContext) -> RouteContext {
        let (number, forgotten) = book.begin(request)
        forget(forgotten)
        let reply = SharedReply(number, self)
        replies[number] = reply
        reply.tell(SharedReader(context.responder))
        var context = context
        context.responder = reply.author()
        context.repeatable = (request, number)
        return context
    }

    private func tell(_ number: RetryBook.Number, _ client: Responder, _ headers: [HttpField]) {
        replies[number]?.tell(SharedReader(client, ReplyHeaders(headers)))
        if !book.contains(number) { replies[number] = nil }
    }

    /// The plan of a request that may be answered together with others: whether it is depends on whether the
    /// answer is certain.
    func note(_ plan: GenerationPlan, of context: RouteContext) {
        guard plan.isDeterministic, let number = context.repeatable?.reply else { return }
        book.share(number)
    }

    /// Has the job of a request with a key found from other edges, if one could go on with it.
    func mark(_ plan: inout GenerationPlan, _ identity: ReplyIdentity, of context: RouteContext) {
        guard let request = context.repeatable?.request, let key = request.key else { return }
        let owner = ResponseOwner(of: context.headers).name
        let ticket = ReplyTicket(plan, identity, owner: owner, request: request.whole.text)
        guard let ticket else { return }
        plan.jobs[0].ticket = ticket.text
        plan.jobs[0].retryKey = key.text
    }

    /// Gives up what nobody came back for, and brings the figures up to date.
    func sweep(at now: Instant) {
        for number in book.sweep(at: now) { replies.removeValue(forKey: number)?.giveUp() }
        edge.showKeptReplies(count: book.endedCount, byteCount: book.byteCount)
    }

    // MARK: What becomes of replies

    func keeps(_ reply: SharedReply) -> Bool { book.keeps(reply.number) }

    func seen(_ reply: SharedReply) { book.see(reply.number) }

    func grew(_ reply: SharedReply, by byteCount: Int) { forget(book.grow(reply.number, by: byteCount)) }

    func ended(_ reply: SharedReply, isWhole: Bool) {
        forget(book.end(reply.number, isWhole: isWhole, at: edge.loop.now))
    }

    /// One of its clients has gone.
    func clientLeft(_ reply: SharedReply) {
        guard book.leave(reply.number, at: edge.loop.now) else { return }
        replies[reply.number] = nil
        if !reply.hasEnded { reply.giveUp() }
    }

    /// Those that still run go on for the clients that they have.
    private func forget(_ numbers: [RetryBook.Number]) {
        for number in numbers where replies[number]?.hasEnded == true { replies[number] = nil }
    }
}
