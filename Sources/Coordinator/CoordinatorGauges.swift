internal import Contract
internal import Lanes
internal import Roles
internal import Telemetry

/// The coordinator's figures for `/metrics`.
struct CoordinatorGauges {
    private let waiting: [(Lane, Gauge)]
    private let leased: Gauge
    private let workers: Gauge
    private let edges: Gauge
    private let displacing: Counter
    private let links: Gauge
    private let services: [String?: [Counter]]
    private let totals: [(Counter, (CoordinatorRole.Counters) -> UInt64)]

    init(_ metrics: Metrics, tenants: Set<String>) {
        waiting = Lane.allCases.map { lane in
            (
                lane,
                metrics.gauge("millrace_lane_waiting_jobs", "Jobs waiting in a lane.", ["lane": lane.name])
            )
        }
        displacing = metrics.counter(
            "millrace_displacing_leases_total",
            "Leases of high jobs for which a low one has to stand aside."
        )
        var services: [String?: [Counter]] = [:]
        // Those that are in the configuration, and all others together: so their number is bounded by it.
        for tenant in tenants.sorted().map({ Optional($0) }) + [nil] {
            services[tenant] = ["computed", "found", "answer"].map { part in
                metrics.counter(
                    "millrace_tenant_service_tokens_total",
                    "Tokens that a tenant's finished jobs have had, by what they were.",
                    ["tenant": tenant ?? "others", "part": part]
                )
            }
        }
        self.services = services
        links = metrics.gauge(
            "millrace_prefix_links",
            "Beginnings of prompts of which the coordinator knows the holders."
        )
        leased = metrics.gauge("millrace_leased_jobs", "Jobs that a worker holds.")
        workers = metrics.gauge("millrace_workers", "Workers in a session with the coordinator.")
        edges = metrics.gauge("millrace_edges", "Edges in a session with the coordinator.")
        totals = [
            (metrics.counter("millrace_jobs_submitted_total", "Submissions."), { $0.submitted }),
            (metrics.counter("millrace_jobs_leased_total", "Leases given."), { $0.leased }),
            (metrics.counter("millrace_jobs_refused_total", "Refusals."), { $0.refused }),
            (metrics.counter("millrace_jobs_lost_total", "Leases that were lost."), { $0.lost }),
            (metrics.counter("millrace_jobs_finished_total", "Leases that finished."), { $0.finished }),
            (metrics.counter("millrace_jobs_cancelled_total", "Cancellations."), { $0.cancelled }),
            (
                metrics.counter(
                    "millrace_prefix_predicted_leases_total",
                    "Leases to a worker that held a part of the prompt."
                ), { $0.predictedHits }
            ),
            (
                metrics.counter(
                    "millrace_prefix_predicted_tokens_total",
                    "Tokens of prompts that were expected to be there."
                ), { $0.predictedTokens }
            ),
            (
                metrics.counter(
                    "millrace_prefix_stale_leases_total",
                    "Leases that found less than half of what was expected to be there."
                ), { $0.staleHits }
            ),
            (
                metrics.counter(
                    "millrace_prefix_recounts_total",
                    "Workers that were asked to tell all that they hold again."
                ), { $0.recounts }
            ),
        ]
    }

    func show(_ role: CoordinatorRole) {
        for (lane, gauge) in waiting { gauge.set(role.waitingCount(in: lane)) }
        leased.set(role.leasedCount)
        links.set(role.linkCount)
        workers.set(role.workerCount)
        edges.set(role.edgeCount)
        displacing.advance(to: role.counters.displacing)
        for (tenant, service) in role.counters.tenants {
            let parts = [service.freshTokens, service.cachedTokens, service.answerTokens]
            for (counter, value) in zip(services[tenant] ?? [], parts) { counter.advance(to: value) }
        }
        for (counter, value) in totals { counter.advance(to: value(role.counters)) }
    }
}
