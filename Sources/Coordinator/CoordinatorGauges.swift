internal import Contract
internal import Roles
internal import Telemetry

/// The coordinator's figures for `/metrics`.
struct CoordinatorGauges {
    private let waiting: [(Lane, Gauge)]
    private let leased: Gauge
    private let workers: Gauge
    private let edges: Gauge
    private let totals: [(Counter, (CoordinatorRole.Counters) -> UInt64)]

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
            (metrics.counter("millrace_jobs_submitted_total", "Submissions."), { $0.submitted }),
            (metrics.counter("millrace_jobs_leased_total", "Leases given."), { $0.leased }),
            (metrics.counter("millrace_jobs_refused_total", "Refusals."), { $0.refused }),
            (metrics.counter("millrace_jobs_lost_total", "Leases that were lost."), { $0.lost }),
            (metrics.counter("millrace_jobs_finished_total", "Leases that finished."), { $0.finished }),
            (metrics.counter("millrace_jobs_cancelled_total", "Cancellations."), { $0.cancelled }),
        ]
    }

    func show(_ role: CoordinatorRole) {
        for (lane, gauge) in waiting { gauge.set(role.waitingCount(in: lane)) }
        leased.set(role.leasedCount)
        workers.set(role.workerCount)
        edges.set(role.edgeCount)
        for (counter, value) in totals { counter.advance(to: value(role.counters)) }
    }
}
