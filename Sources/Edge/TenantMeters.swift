internal import Telemetry

/// The edge's figures by tenant: only of those that are in the configuration, so that their number is bounded
/// by it.
struct TenantMeters {
    private struct Figures {
        let tokens: Counter
        let waiting: Gauge
        let running: Gauge
        /// What of this loop the gauges hold already.
        var shown = TenantLoad()
    }

    private var figures: [String: Figures] = [:]

    init(_ metrics: Metrics, tenants: Set<String>) {
        let jobs = "Jobs of this edge that have not ended, by tenant."
        for tenant in tenants.union([KeyBook.everybody]).sorted() {
            figures[tenant] = Figures(
                tokens: metrics.counter(
                    "millrace_tenant_tokens_total",
                    "Tokens committed to a tenant's streams.",
                    ["tenant": tenant]
                ),
                waiting: metrics.gauge("millrace_tenant_jobs", jobs, ["tenant": tenant, "state": "waiting"]),
                running: metrics.gauge("millrace_tenant_jobs", jobs, ["tenant": tenant, "state": "running"])
            )
        }
    }

    func count(_ tokenCount: Int, of tenant: String) {
        figures[tenant]?.tokens.increment(by: UInt64(tokenCount))
    }

    /// Adds what has changed on this loop since the last time.
    mutating func show(_ loads: [String: TenantLoad]) {
        for (tenant, before) in figures {
            let now = loads[tenant] ?? TenantLoad()
            guard now != before.shown else { continue }
            before.waiting.add(Double(now.waiting - before.shown.waiting))
            before.running.add(Double(now.running - before.shown.running))
            figures[tenant]?.shown = now
        }
    }
}

/// What a tenant has at one loop of an edge.
struct TenantLoad: Hashable {
    var waiting = 0
    var running = 0

    mutating func count(isRunning: Bool) {
        if isRunning { running += 1 } else { waiting += 1 }
    }
}
