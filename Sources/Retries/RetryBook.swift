public import Contract

/// Which replies a request that comes again can be given: those that are being made and those that are kept.
///
/// A reply is found by the `Idempotency-Key` of its request, from its beginning on until it is forgotten; by
/// the whole request, once, when its client is gone and nobody has seen anything of it; or by the whole
/// request while it is made, if the answer is certain and all who share it want to.
///
/// Each is O(1), but for a sweep, which looks at all.
public struct RetryBook: Sendable {
    /// Names a reply in this book.
    public struct Number: Hashable, Comparable, Sendable {
        let value: UInt64

        public static func < (left: Number, right: Number) -> Bool { left.value < right.value }
    }

    /// Why a request is given somebody else's reply.
    public enum Reason: String, CaseIterable, Sendable {
        case key
        case retry
        case company = "single-flight"
    }

    public enum Verdict: Hashable, Sendable {
        /// There is none: `begin` one.
        case fresh
        /// It is being made; the client counts as one of its clients.
        case joins(Number, Reason)
        /// It is finished; the client counts as above.
        case replays(Number)
        /// The key was used for another request.
        case conflicts
    }

    struct Entry {
        var request: RepeatableRequest
        var clientCount = 1
        /// Since when it has no client.
        var leftAt: Instant?
        /// Something of it was shown.
        var isSeen = false
        /// Its answer is certain, and others may have it too.
        var isShared = false
        /// It is too long to be told from its beginning.
        var isLetGo = false
        var endedAt: Instant?
        var byteCount = 0
        /// Its place in the order of use, once it has ended.
        var turn: UInt64 = 0

        /// Whether its client may come again and take it for the first time.
        var isUnseen: Bool { request.key == nil && request.comesAgain && !isSeen }
    }

    public let policy: RetryPolicy
    var entries: [Number: Entry] = [:]
    var byKey: [RequestDigest: Number] = [:]
    /// Those that nobody has seen anything of and that wait for their clients, oldest first.
    var unseen: [RequestDigest: [Number]] = [:]
    var shared: [RequestDigest: Number] = [:]
    /// Finished replies, used longest ago first; entries whose turn is not theirs any more are skipped.
    private var order: [(number: Number, turn: UInt64)] = []
    private var orderStart = 0
    private var lastNumber: UInt64 = 0
    private var lastTurn: UInt64 = 0
    public private(set) var endedCount = 0
    public private(set) var byteCount = 0

    public init(_ policy: RetryPolicy = RetryPolicy()) { self.policy = policy }

    public var count: Int { entries.count }

    // MARK: Requests

    /// What becomes of a request; unless it is fresh, its client is noted as one of the reply's.
    public mutating func look(_ request: RepeatableRequest, at now: Instant) -> Verdict {
        guard let key = request.key else { return lookWithoutKey(request) }
        guard let number = byKey[key], let entry = entries[number], !isStale(entry, at: now) else {
            return .fresh
        }
        guard entry.request.whole == request.whole else { return .conflicts }
        join(number)
        guard entry.endedAt != nil else { return .joins(number, .key) }
        use(number)
        return .replays(number)
    }

    private mutating func lookWithoutKey(_ request: RepeatableRequest) -> Verdict {
        if request.wantsCompany, let number = shared[request.whole] {
            join(number)
            return .joins(number, .company)
        }
        guard request.isRetry, let number = unseen[request.whole]?.first else { return .fresh }
        join(number)
        // A finished one is told this once: it must not become two people's.
        if entries[number]?.endedAt != nil { remove(number) }
        return .joins(number, .retry)
    }

    /// A fresh request is being answered, for one client.
    ///
    /// Returns the reply's name, and what has to be forgotten for it.
    public mutating func begin(_ request: RepeatableRequest) -> (number: Number, forgotten: [Number]) {
        lastNumber += 1
        let number = Number(value: lastNumber)
        // One whose time is over, and that no sweep has seen.
        let stale = request.key.flatMap { byKey[$0] }.map { [$0] } ?? []
        for other in stale { remove(other) }
        entries[number] = Entry(request: request, byteCount: RetryPolicy.overheadByteCount)
        byteCount += RetryPolicy.overheadByteCount
        if let key = request.key { byKey[key] = number }
        return (number, stale)
    }

    /// The answer of a reply is certain: it is whatever an identical request would get.
    ///
    /// Returns whether others may have it too.
    @discardableResult
    public mutating func share(_ number: Number) -> Bool {
        guard let entry = entries[number], entry.request.wantsCompany, entry.request.key == nil,
            !entry.isSeen, shared[entry.request.whole] == nil
        else { return false }
        entries[number]?.isShared = true
        shared[entry.request.whole] = number
        return true
    }

    // MARK: While a reply is made

    /// Whether all of it has to be kept, so that it can be told from its beginning.
    public func keeps(_ number: Number) -> Bool {
        guard let entry = entries[number] else { return false }
        return !entry.isLetGo && (entry.request.key != nil || entry.isShared || entry.isUnseen)
    }

    public func contains(_ number: Number) -> Bool { entries[number] != nil }

    /// Something of it is shown to somebody.
    public mutating func see(_ number: Number) {
        guard let entry = entries[number] else { return }
        forgetUnseen(number, entry)
        entries[number]?.isSeen = true
    }

    /// More of it is kept; returns what is not to be kept any more, perhaps itself.
    public mutating func grow(_ number: Number, by count: Int) -> [Number] {
        guard keeps(number), let entry = entries[number] else { return [] }
        entries[number]?.byteCount += count
        byteCount += count
        if entry.byteCount + count > policy.replyByteCount { return letGo(number) }
        return makeRoom() + (byteCount > policy.byteCount ? letGo(number) : [])
    }

    /// A client of it is gone; true if nobody is waited for, and it is forgotten.
    public mutating func leave(_ number: Number, at now: Instant) -> Bool {
        guard let entry = entries[number], entry.clientCount > 0 else { return false }
        entries[number]?.clientCount -= 1
        guard entry.clientCount == 1, entry.endedAt == nil else { return false }
        guard grace(of: entry) > .zero else {
            remove(number)
            return true
        }
        entries[number]?.leftAt = now
        if entry.request.key == nil { unseen[entry.request.whole, default: []].append(number) }
        return false
    }

    /// It is complete; `isWhole` unless it tells a failure, which is not told again.
    ///
    /// Returns what has to be forgotten, perhaps itself.
    public mutating func end(_ number: Number, isWhole: Bool, at now: Instant) -> [Number] {
        guard let entry = entries[number] else { return [] }
        let isWanted = entry.request.key != nil || entry.isUnseen && entry.clientCount == 0
        guard isWhole, isWanted, keeps(number) else {
            remove(number)
            return [number]
        }
        if entry.request.key != nil { entries[number]?.leftAt = nil }
        entries[number]?.endedAt = now
        endedCount += 1
        use(number)
        return makeRoom()
    }

    /// What nobody came back for in time: running replies to be given up, finished ones to be forgotten.
    public mutating func sweep(at now: Instant) -> [Number] {
        let due = entries.filter { _, entry in
            isStale(entry, at: now) || entry.leftAt.map { now - $0 > grace(of: entry) } ?? false
        }
        for number in due.keys { remove(number) }
        return due.keys.sorted()
    }

    // MARK: Inside

    private func isStale(_ entry: Entry, at now: Instant) -> Bool {
        entry.endedAt.map { now - $0 > policy.keepTime } ?? false
    }

    private func grace(of entry: Entry) -> Duration {
        if entry.request.key != nil { return entry.isLetGo ? .zero : policy.grace }
        return entry.isUnseen && !entry.isLetGo ? min(policy.unseenGrace, policy.grace) : .zero
    }

    private mutating func join(_ number: Number) {
        guard let entry = entries[number] else { return }
        forgetUnseen(number, entry)
        entries[number]?.clientCount += 1
        entries[number]?.leftAt = nil
    }

    private mutating func use(_ number: Number) {
        lastTurn += 1
        entries[number]?.turn = lastTurn
        order.append((number, lastTurn))
        guard order.count - orderStart > 2 * (endedCount + 16) else { return }
        order = order[orderStart...].filter { entries[$0.number]?.turn == $0.turn }
        orderStart = 0
    }

    /// Forgets finished replies until the rest is within bounds.
    private mutating func makeRoom() -> [Number] {
        var forgotten: [Number] = []
        while byteCount > policy.byteCount || endedCount > policy.replyCount, orderStart < order.count {
            let (number, turn) = order[orderStart]
            orderStart += 1
            guard entries[number]?.turn == turn else { continue }
            remove(number)
            forgotten.append(number)
        }
        return forgotten
    }

    /// It goes on for the clients that it has, and is found no more.
    private mutating func letGo(_ number: Number) -> [Number] {
        guard let entry = entries[number] else { return [] }
        withdraw(number, entry)
        entries[number]?.isLetGo = true
        byteCount -= entry.byteCount
        entries[number]?.byteCount = 0
        return [number]
    }

    private mutating func remove(_ number: Number) {
        guard let entry = entries.removeValue(forKey: number) else { return }
        withdraw(number, entry)
        byteCount -= entry.byteCount
        if entry.endedAt != nil { endedCount -= 1 }
    }

    private mutating func withdraw(_ number: Number, _ entry: Entry) {
        if let key = entry.request.key, byKey[key] == number { byKey[key] = nil }
        if shared[entry.request.whole] == number { shared[entry.request.whole] = nil }
        forgetUnseen(number, entry)
    }

    private mutating func forgetUnseen(_ number: Number, _ entry: Entry) {
        guard var list = unseen[entry.request.whole] else { return }
        list.removeAll { $0 == number }
        unseen[entry.request.whole] = list.isEmpty ? nil : list
    }
}

extension RetryBook {
    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found: [String] = []
        let sum = entries.values.reduce(0) { $0 + $1.byteCount }
        if sum != byteCount { found.append("\(byteCount) bytes, really \(sum)") }
        let ended = entries.values.count { $0.endedAt != nil }
        if ended != endedCount { found.append("\(endedCount) have ended, really \(ended)") }
        for (key, number) in byKey where entries[number]?.request.key != key {
            found.append("a key leads to the reply \(number.value), which has another")
        }
        for (whole, number) in shared where entries[number]?.request.whole != whole {
            found.append("a request leads to the reply \(number.value), which has another")
        }
        for number in unseen.values.joined() where entries[number]?.leftAt == nil {
            found.append("the reply \(number.value) waits for its client, which is there")
        }
        return found
    }
}
