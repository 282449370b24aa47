internal import Contract
internal import Dialects

extension Exchange {
    /// What a job of the same key is to a request.
    enum Match {
        /// The same request, with all that is needed to answer it.
        case same(ReplyTicket)
        /// Another one of the same client.
        case another
        /// Somebody else's, or nothing that could be read.
        case foreign
    }

    func match(_ twin: Submission) -> Match {
        guard let own = plan.jobs.first?.ticket.flatMap(ReplyTicket.init(parsing:)),
            let other = twin.job.ticket.flatMap(ReplyTicket.init(parsing:)), other.stream == twin.job.id,
            other.owner == own.owner, twin.job.routing.tenant == tenant, other.request != nil
        else { return .foreign }
        return other.request == own.request ? .same(other) : .another
    }
}

extension DialectError {
    static var keyReused: DialectError {
        DialectError(
            .keyReused,
            "header Idempotency-Key: the key was used for a request with another body, lane or time limit",
            field: RetryRules.keyHeader
        )
    }
}
