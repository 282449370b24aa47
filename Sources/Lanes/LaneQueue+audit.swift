internal import Contract

extension LaneQueue {
    /// Whatever is inconsistent, in words; empty when all is well.
    ///
    /// O(jobs): for tests.
    public func audit() -> [String] {
        var found = models.values.flatMap { $0.audit() } + deadlines.audit() + ages.audit()
        let lines = models.values.flatMap(\.lines)
        let total = lines.reduce(0) { $0 + $1.count }
        if total != jobs.count { found.append("\(total) jobs in lanes, \(jobs.count) wait") }
        if loads.reduce(0, { $0 + $1.jobs }) != total { found.append("loads \(loads) for \(total) jobs") }
        if loads.reduce(0, { $0 + $1.bytes }) != jobs.values.reduce(0, { $0 + $1.byteCount }) {
            found.append("bytes of \(loads)")
        }
        if edges != Dictionary(grouping: jobs.values, by: \.edge).mapValues({ Set($0.map(\.id)) }) {
            found.append("jobs of edges \(edges)")
        }
        if tenantCounts != Dictionary(grouping: jobs.values, by: \.tenant).mapValues(\.count) {
            found.append("counts of tenants \(tenantCounts)")
        }
        if lines.reduce(0, { $0 + $1.tokens }) != jobs.values.reduce(0, { $0 + $1.cost }) {
            found.append("tokens of the lines")
        }
        if Set(deadlines.all.map(\.id)) != Set(jobs.values.filter { $0.deadline != nil }.map(\.id)) {
            found.append("deadlines of \(deadlines.count) jobs")
        }
        if Set(ages.all.map(\.id)) != Set(jobs.values.filter { $0.lane == .low }.map(\.id)) {
            found.append("ages of \(ages.count) jobs")
        }
        if models.values.contains(where: \.isIdle) { found.append("a model that has nothing") }
        let held = models.flatMap { model in model.value.holdings.keys.map { ($0, model.key) } }
        if Dictionary(held, uniquingKeysWith: { first, _ in first }) != leased || held.count != leased.count {
            found.append("\(held.count) jobs are held and \(leased.count) leased")
        }
        for job in leased.keys where jobs[job] != nil { found.append("job \(job) waits and is held") }
        return found
    }
}
