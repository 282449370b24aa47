internal import Contract

/// Requests that wait for a place in the batch: the most urgent lane first, then in the order of their
/// arrival.
///
/// Taking one in, out or away costs O(log waiting), spread over time: a step never walks over those that
/// wait.
struct Inbox {
    struct Name: Hashable {
        var job: JobID
        var attempt: Attempt
    }

    private var waiting: [UInt64: LiveSequence] = [:]
    private var tickets: [Name: UInt64] = [:]
    private var order = TicketHeap<Lane>()
    private var deadlines = TicketHeap<Instant>()
    /// Whole-life estimate of KV memory for all that wait; see `LiveSequence.reservedTokens`.
    private(set) var reservedTokens = 0
    private let tokensSetAside: Int

    init(tokensSetAside: Int) { self.tokensSetAside = tokensSetAside }

    var count: Int { waiting.count }

    func holds(_ name: Name) -> Bool { tickets[name] != nil }

    /// The next one to be admitted.
    var first: LiveSequence? {
        mutating get {
            while let next = order.first {
                if let sequence = waiting[next.ticket] { return sequence }
                order.removeFirst()
            }
            return nil
        }
    }

    mutating func offer(_ sequence: LiveSequence) {
        let ticket = sequence.arrival
        waiting[ticket] = sequence
        tickets[Name(job: sequence.job, attempt: sequence.attempt)] = ticket
        order.push(ticket, at: sequence.lane)
        if let deadline = sequence.deadline { deadlines.push(ticket, at: deadline) }
        reservedTokens += sequence.reservedTokens(ahead: tokensSetAside)
    }

    /// Takes out the first one.
    mutating func takeFirst() -> LiveSequence? {
        first.flatMap { take($0.arrival) }
    }

    mutating func remove(_ name: Name) -> LiveSequence? {
        tickets[name].flatMap { take($0) }
    }

    /// Takes out one whose deadline has come; nil when there is none.
    mutating func takeExpired(at now: Instant) -> LiveSequence? {
        while let next = deadlines.first, next.key <= now {
            deadlines.removeFirst()
            if let sequence = take(next.ticket) { return sequence }
        }
        return nil
    }

    private mutating func take(_ ticket: UInt64) -> LiveSequence? {
        guard let sequence = waiting.removeValue(forKey: ticket) else { return nil }
        tickets[Name(job: sequence.job, attempt: sequence.attempt)] = nil
        reservedTokens -= sequence.reservedTokens(ahead: tokensSetAside)
        sweep()
        return sequence
    }

    /// Keeps the heaps within twice of what waits.
    private mutating func sweep() {
        let bound = 2 * waiting.count + 64
        if order.count > bound { order.sweep { waiting[$0] != nil } }
        if deadlines.count > bound { deadlines.sweep { waiting[$0] != nil } }
    }

    /// What is wrong with the books; empty when they balance.
    func audit() -> [String] {
        var violations: [String] = []
        if tickets.count != waiting.count {
            violations.append("\(waiting.count) requests wait under \(tickets.count) names")
        }
        let reserved = waiting.values.reduce(0) { $0 + $1.reservedTokens(ahead: tokensSetAside) }
        if reserved != reservedTokens {
            violations.append(
                "\(reservedTokens) tokens are reserved for waiting requests that need \(reserved)"
            )
        }
        for sequence in waiting.values where sequence.holdsBlocks {
            violations.append("job \(sequence.job) holds blocks while it waits")
        }
        return violations
    }
}
