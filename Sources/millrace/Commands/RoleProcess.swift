import Configuration
import Contract
import EventLoop
import Messaging
import Ports
import Telemetry

/// Runs one role on the main thread until SIGTERM: the first lets it finish its work within the grace, the
/// second ends it at once.
struct RoleProcess {
    let loop: EventLoop
    let log: Log
    let grace: Duration
    /// Nil for a role that answers operators itself, or for one that nobody asks.
    let monitor: MonitorServer?

    init(_ loop: EventLoop, log: Log, grace: Duration, monitor: MonitorServer? = nil) {
        self.loop = loop
        self.log = log
        self.grace = grace
        self.monitor = monitor
    }

    func run(_ host: any RoleHost, _ signals: SignalCount) {
        signals.onSignal = { count in
            guard count == 1 else { return loop.stop() }
            log.info("draining")
            monitor?.leave()
            host.drain { loop.stop() }
            loop.schedule(after: grace) {
                log.warn("the grace is over; what still runs is handed back")
                loop.stop()
            }
        }
        loop.run()
        host.close()
        monitor?.close()
        log.info("stopped")
    }
}

/// Counts the termination signals of this process.
final class SignalCount {
    var onSignal: (Int) -> Void = { _ in }
    private var count = 0
    private var signals: TerminationSignals?

    /// To be made before any other thread.
    init(_ loop: EventLoop) throws {
        signals = try TerminationSignals(loop) { [weak self] in self?.received() }
    }

    private func received() {
        count += 1
        onSignal(count)
    }
}

extension PortEnvironment {
    /// A new life of a node.
    init(loop: EventLoop, context: MessagingContext, node: String, log: Log, metrics: Metrics) {
        self.init(
            loop: loop,
            context: context,
            node: NodeID(node),
            epoch: BootEpoch(rawValue: .random(in: 1 ... .max)),
            log: log,
            metrics: metrics
        )
    }
}

extension Log {
    init(role: String, _ options: RoleOptions) {
        self.init(role: role, level: options.logLevel, format: options.logFormat)
    }
}

extension Messaging.Endpoint {
    /// The configuration has checked already whether it may be reached without encryption.
    init(_ endpoint: Configuration.Endpoint) throws {
        try self.init(endpoint.description, allowInsecure: true)
    }
}
