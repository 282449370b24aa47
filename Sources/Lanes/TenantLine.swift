internal import Contract

/// The jobs of one lane and model, shared fairly between tenants by a virtual counter of the service each
/// received, divided by its weight.
///
/// - The tenant with the lowest counter is next; of equal ones, whoever was served longest ago.
/// - A tenant whose jobs come up after a pause is lifted to the least of those that wait, or to the last one
///   that waited: idleness is not savings. What it is ahead by, it stays ahead by.
/// - Whoever is served may go on until it is a quantum ahead, so that prompts that begin alike are computed
///   one behind the other; but never before a tenant that has just come up.
/// - A tenant that holds its share of the places is passed by while another one waits that does not.
///
/// Taking a job in or out is O(log jobs) of its tenant and O(log tenants); finding the next one is O(1).
///
/// Invariant: every tenant with jobs is in exactly one of `open` and `capped`, under its own counter.
struct TenantLine: Sendable {
    /// The next job.
    struct Head {
        var tenant: String
        var job: JobID
        var cost: UInt64
    }

    /// A tenant's place among the others.
    private struct Turn: Comparable {
        var served: UInt64
        /// When it was served last or came up, in turns.
        var since: UInt64

        static func < (left: Turn, right: Turn) -> Bool {
            (left.served, left.since) < (right.served, right.since)
        }
    }

    private struct Account {
        var jobs = IndexedHeap<JobID, JobPlace>()
        var costs: [JobID: UInt64] = [:]
        var tokens: UInt64 = 0
        var load = DeadlineLoad()
        var turn: Turn
        /// Whether nothing was taken of it since it came up.
        var isFresh = true
        var weight = 1.0

        mutating func change(_ body: (inout Account) -> Void) { body(&self) }
    }

    /// Counters of tenants that have nothing to do are kept while they are ahead of those that wait, this
    /// many at most.
    static let idleAccounts = 4096

    private var accounts: [String: Account] = [:]
    private var open = IndexedHeap<String, Turn>()
    private var capped = IndexedHeap<String, Turn>()
    /// Whoever was served last.
    private var current: String?
    /// No tenant comes up with less.
    private var floor: UInt64 = 0
    private var turns: UInt64 = 0
    /// Of all tenants with jobs.
    private(set) var activeWeight = 0.0
    private(set) var count = 0
    /// What all its jobs are expected to cost.
    private(set) var tokens: UInt64 = 0

    var isEmpty: Bool { count == 0 }
    /// Tenants with jobs.
    var activeCount: Int { open.count + capped.count }
    var activeTenants: [String] { open.all.map(\.id) + capped.all.map(\.id) }

    /// The next job, passing by tenants that hold their share already.
    mutating func head(within localityPrice: UInt64, isCapped: (String) -> Bool) -> Head? {
        while let best = open.first {
            if activeCount > 1, isCapped(best.id) {
                open.remove(best.id)
                capped.set(best.id, to: best.key)
                continue
            }
            return head(of: stays(before: best, localityPrice) ?? best.id)
        }
        // Each has its share, and there is room still.
        return capped.first.flatMap { head(of: $0.id) }
    }

    /// About the first jobs of a tenant, in no order: those at the top of its heap.
    func firstJobs(of tenant: String) -> [JobID] { accounts[tenant]?.jobs.top ?? [] }

    private func head(of tenant: String) -> Head? {
        guard let account = accounts[tenant], let job = account.jobs.first?.id else { return nil }
        return Head(tenant: tenant, job: job, cost: account.costs[job] ?? 1)
    }

    private func stays(before best: (id: String, key: Turn), _ localityPrice: UInt64) -> String? {
        guard let current, current != best.id, let turn = open[current] else { return nil }
        guard accounts[best.id]?.isFresh == false else { return nil }
        let (limit, overflow) = best.key.served.addingReportingOverflow(localityPrice)
        return overflow || turn.served < limit ? current : nil
    }

    /// A tenant may have fewer places than it had.
    mutating func reconsider(_ tenant: String) {
        if let turn = capped.remove(tenant) { open.set(tenant, to: turn) }
    }

    mutating func reconsiderAll() { for entry in capped.all { reconsider(entry.id) } }

    mutating func insert(_ job: WaitingJob, weight: Double) {
        if accounts[job.tenant]?.jobs.isEmpty ?? true { activate(job.tenant, weight) }
        accounts[job.tenant]?.jobs.set(job.id, to: job.place)
        accounts[job.tenant]?.costs[job.id] = job.cost
        accounts[job.tenant]?.tokens += job.cost
        if let due = job.deadline { accounts[job.tenant]?.load.add(job.cost, due: due) }
        count += 1
        tokens += job.cost
    }

    mutating func remove(_ job: WaitingJob) {
        guard accounts[job.tenant]?.jobs.remove(job.id) != nil else { return }
        accounts[job.tenant]?.costs[job.id] = nil
        accounts[job.tenant]?.tokens -= job.cost
        if let due = job.deadline { accounts[job.tenant]?.load.remove(job.cost, due: due) }
        count -= 1
        tokens -= job.cost
        if accounts[job.tenant]?.jobs.isEmpty ?? true { deactivate(job.tenant) }
    }

    /// Moves a tenant's counter up.
    mutating func charge(_ tenant: String, _ amount: UInt64) {
        current = tenant
        turns += 1
        let turn = turns
        change(tenant) {
            let (sum, overflow) = $0.turn.served.addingReportingOverflow(amount)
            $0.turn = Turn(served: overflow ? .max : sum, since: turn)
            $0.isFresh = false
        }
    }

    /// A charge turned out to be another one.
    mutating func correct(_ tenant: String, from expected: UInt64, to real: UInt64) {
        change(tenant) {
            let without = $0.turn.served - min($0.turn.served, expected)
            let (sum, overflow) = without.addingReportingOverflow(real)
            $0.turn.served = overflow ? .max : sum
        }
    }

    /// Tokens of this tenant that go before a job of its own that is due then.
    func tokensAhead(of tenant: String, due: Instant) -> UInt64 {
        accounts[tenant]?.load.tokens(before: due) ?? 0
    }

    /// Weights of the tenants that would share the lane with one more of this.
    func activeWeight(with tenant: String, _ weight: Double) -> Double {
        accounts[tenant]?.jobs.isEmpty ?? true ? activeWeight + weight : max(activeWeight, weight)
    }

    private mutating func change(_ tenant: String, _ body: (inout Account) -> Void) {
        // In place: a copy would cost as much as all its jobs.
        accounts[tenant]?.change(body)
        guard let turn = accounts[tenant]?.turn else { return }
        if open.contains(tenant) { open.set(tenant, to: turn) }
        if capped.contains(tenant) { capped.set(tenant, to: turn) }
    }

    private var least: UInt64? {
        switch (open.first?.key.served, capped.first?.key.served) {
        case (let left?, let right?): min(left, right)
        case (let one, let other): one ?? other
        }
    }

    private mutating func activate(_ tenant: String, _ weight: Double) {
        floor = max(floor, least ?? floor)
        turns += 1
        let turn = Turn(served: max(accounts[tenant]?.turn.served ?? floor, floor), since: turns)
        accounts[tenant, default: Account(turn: turn)].turn = turn
        accounts[tenant]?.isFresh = true
        accounts[tenant]?.weight = weight
        activeWeight += weight
        open.set(tenant, to: turn)
    }

    private mutating func deactivate(_ tenant: String) {
        open.remove(tenant)
        capped.remove(tenant)
        let served = accounts[tenant]?.turn.served ?? 0
        activeWeight -= accounts[tenant]?.weight ?? 0
        if activeCount == 0 {
            floor = max(floor, served)
            activeWeight = 0
        }
        // It would be lifted to there anyway.
        if served <= floor { accounts[tenant] = nil }
        guard accounts.count - activeCount > Self.idleAccounts else { return }
        let floor = floor
        accounts = accounts.filter { !$0.value.jobs.isEmpty || $0.value.turn.served > floor }
        if accounts.count - activeCount > Self.idleAccounts / 2 {
            accounts = accounts.filter { !$0.value.jobs.isEmpty }
        }
    }

    /// Whatever is inconsistent, in words; empty when all is well.
    func audit() -> [String] {
        var found = open.audit() + capped.audit()
        let active = accounts.filter { !$0.value.jobs.isEmpty }
        if Set(active.keys) != Set(activeTenants) || active.count != activeCount {
            found.append("tenants \(activeTenants) are active, and \(active.keys) have jobs")
        }
        for (tenant, account) in accounts {
            found += account.jobs.audit()
            if let turn = open[tenant] ?? capped[tenant], turn != account.turn {
                found.append("tenant \(tenant) stands at \(turn.served) and has \(account.turn.served)")
            }
            if account.tokens != account.costs.values.reduce(0, +)
                || account.costs.count != account.jobs.count
            {
                found.append("costs of tenant \(tenant)")
            }
        }
        if active.values.reduce(0, { $0 + $1.jobs.count }) != count { found.append("\(count) jobs") }
        if active.values.reduce(0, { $0 + $1.tokens }) != tokens { found.append("\(tokens) tokens") }
        return found
    }
}
