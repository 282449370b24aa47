internal import Contract
internal import Roles
internal import Telemetry

/// The coordinator's figures for `/metrics`.
struct CoordinatorGauges {
    private let waiting: [(Lane, Gauge)]
    private let leased: Gauge
    private let workers: Gauge
    private let edges: Gauge
    private let totals: [(Gauge, (CoordinatorRole.Counters) -> UInt64)]

    init(_ metrics: Metrics) {
        waiting = Lane.allCases.map { lane in
            (
                lane,
                metrics.gauge("millrace_lane_waiting_jobs", "Jobs waiting in a lane.", ["lane": lane.name])
            )
        }
        leased = metrics.gauge("millrace_leased_jobs", "Jobs that a worker holds.")
        workers = metrics.gauge("millrace_workers", "Workers in a session with the coordinator.")
        edges = metrics.gauge("millrace_edges", "Edges in a session with the coordinator.")
        totals = [
            (metrics.gauge("millrace_jobs_submitted", "Submissions since the start."), { $0.submitted }),
            (metrics.gauge("millrace_jobs_leased", "Leases since the start."), { $0.leased }),
            (metrics.gauge("millrace_jobs_refused", "Refusals since the start."), { $0.refused }),
            (metrics.gauge("millrace_jobs_lost", "Leases that were lost since the start."), { $0.lost }),
            (
                metrics.gauge("millrace_jobs_finished", "Leases that finished since the start."),
                { $0.finished }
            ),
            (metrics.gauge("millrace_jobs_cancelled", "Cancellations since the start."), { $0.cancelled }),
        ]
    }

    func show(_ role: CoordinatorRole) {
        for (lane, gauge) in waiting { gauge.set(role.waitingCount(in: lane)) }
        leased.set(role.leasedCount)
        workers.set(role.workerCount)
        edges.set(role.edgeCount)
        for (gauge, value) in totals { gauge.set(value(role.counters)) }
    }
}
