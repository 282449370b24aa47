internal import Contract

/// The jobs of one lane and model, shared fairly between tenants by a virtual counter of the service each
/// received.
///
/// Invariant: `lines` holds no empty line.
struct TenantLine {
    /// One tenant's jobs, the next one first.
    private struct Line {
        var jobs: [WaitingJob] = []

        mutating func insert(_ job: WaitingJob) {
            var low = 0
            var high = jobs.count
            while low < high {
                let middle = (low + high) / 2
                if jobs[middle].precedes(job) { low = middle + 1 } else { high = middle }
            }
            jobs.insert(job, at: low)
        }
    }

    private var lines: [String: Line] = [:]
    /// Service received, per tenant.
    ///
    /// A tenant that becomes active is lifted to the least of the active ones, so that idleness is not
    /// savings. Forgotten when nobody waits: what was served then was taken from nobody.
    private var served: [String: UInt64] = [:]
    private(set) var count = 0
    /// What all its jobs are expected to cost.
    private(set) var tokens: UInt64 = 0

    var isEmpty: Bool { count == 0 }

    /// The next job: of the tenant with the least service, its first.
    var head: WaitingJob? {
        var best: (served: UInt64, tenant: String)?
        for tenant in lines.keys {
            let mine = (served: served[tenant] ?? 0, tenant: tenant)
            if let other = best, (other.served, other.tenant) <= (mine.served, mine.tenant) { continue }
            best = mine
        }
        return best.flatMap { lines[$0.tenant]?.jobs.first }
    }

    mutating func insert(_ job: WaitingJob) {
        if lines[job.tenant] == nil { activate(job.tenant) }
        // In place: a copy of the line would cost its whole length.
        lines[job.tenant, default: Line()].insert(job)
        count += 1
        tokens += job.cost
    }

    func find(_ job: JobID, of tenant: String) -> WaitingJob? { lines[tenant]?.jobs.first { $0.id == job } }

    @discardableResult
    mutating func remove(_ job: JobID, of tenant: String) -> WaitingJob? {
        guard let place = lines[tenant]?.jobs.firstIndex(where: { $0.id == job }),
            let removed = lines[tenant]?.jobs.remove(at: place)
        else { return nil }
        count -= 1
        tokens -= removed.cost
        if lines[tenant]?.jobs.isEmpty ?? true { lines[tenant] = nil }
        if lines.isEmpty { served = [:] }
        return removed
    }

    mutating func charge(_ tenant: String, _ tokens: UInt64) { served[tenant, default: 0] &+= tokens }

    /// Jobs in the order of arrival.
    var inOrder: [WaitingJob] {
        lines.values.flatMap(\.jobs).sorted { ($0.arrival, $0.serial) < ($1.arrival, $1.serial) }
    }

    func contains(where matches: (WaitingJob) -> Bool) -> Bool {
        lines.values.contains { $0.jobs.contains(where: matches) }
    }

    private mutating func activate(_ tenant: String) {
        let leastActive = lines.keys.map { served[$0] ?? 0 }.min() ?? 0
        // An idle tenant at or below the least active one would be lifted there anyway: nothing is lost by
        // forgetting it, and the table stays as small as the number of tenants that are ahead.
        served = served.filter { $0.value > leastActive || lines[$0.key] != nil }
        served[tenant] = max(served[tenant] ?? 0, leastActive)
    }
}
