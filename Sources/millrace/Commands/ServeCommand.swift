import Configuration
import Coordinator
import Edge
import EventLoop
import Http
import Lanes
import Messaging
import Ports
import ResponseStore
import Telemetry
import Worker

/// `millrace serve`: all roles in one process, on a thread each, over `inproc` links.
///
/// The very same code as apart.
struct ServeCommand {
    let options: ServeOptions

    init(_ options: ServeOptions) { self.options = options }

    func run() throws {
        let loop = try EventLoop()
        let signals = try SignalCount(loop)
        let fleet = try LocalFleet(options, configuration: workerConfiguration())
        let log = Log(role: "edge", options.role)
        let responses = try ResponseStore(path: options.storePath, log: log)
        var configuration = EdgeConfiguration(
            address: ListenAddress(host: options.host, port: options.port),
            coordinator: fleet.coordinatorEndpoint,
            tokens: fleet.tokensEndpoint,
            naming: ModelNaming(options.names),
            keys: options.tenants.keyBook,
            admin: AdminDoor(options.admin),
            responses: responses,
            volatile: options.volatile.text,
            version: Millrace.version
        )
        configuration.drainDelay = options.drainDelay
        configuration.retries = RetryRules(options.retries, options.tenants)
        let host = try EdgeHost(fleet.environment(loop, "edge", log), configuration)
        RoleProcess(loop, log: log, grace: options.role.grace).run(host, signals)
        fleet.stop()
        responses.stop()
    }

    private func workerConfiguration() throws -> WorkerConfiguration {
        let nothingIsNamed = options.modelPaths.isEmpty && options.models.models.isEmpty
        let modelPaths = nothingIsNamed ? [try BundledModel.path()] : options.modelPaths
        return try WorkerConfiguration(
            coordinator: LocalFleet.coordinator(),
            modelPaths: modelPaths,
            modelsDirectory: options.modelsDirectory,
            engine: options.engine,
            allowsInsecure: false,
            pool: options.models
        )
    }
}

/// Coordinator and worker on threads of this process.
final class LocalFleet: Sendable {
    let coordinatorEndpoint: Messaging.Endpoint
    let tokensEndpoint: Messaging.Endpoint
    private let context: MessagingContext
    private let metrics = Metrics()
    private let coordinator: RoleThread
    private let worker: RoleThread

    static func coordinator() throws -> Messaging.Endpoint { try Messaging.Endpoint("inproc://coordinator") }

    init(_ options: ServeOptions, configuration: WorkerConfiguration) throws {
        let endpoint = try Self.coordinator()
        let context = try MessagingContext()
        let log = Log(role: "coordinator", options.role)
        let metrics = metrics
        var lanes = LanePolicy()
        lanes.capacity = options.laneCapacity
        lanes.tenants = options.tenants.policies
        coordinatorEndpoint = endpoint
        tokensEndpoint = try Messaging.Endpoint("inproc://tokens")
        self.context = context
        coordinator = try RoleThread(name: "coordinator") { [lanes] loop in
            let environment = PortEnvironment(
                loop: loop,
                context: context,
                node: "coordinator",
                log: log,
                metrics: metrics
            )
            return try CoordinatorHost(environment, at: endpoint, lanes: lanes)
        }
        worker = try RoleThread(name: "worker") { loop in
            let environment = PortEnvironment(
                loop: loop,
                context: context,
                node: "worker",
                log: log.naming(role: "worker"),
                metrics: metrics
            )
            return try WorkerHost(environment, configuration)
        }
    }

    func environment(_ loop: EventLoop, _ node: String, _ log: Log) -> PortEnvironment {
        PortEnvironment(loop: loop, context: context, node: node, log: log, metrics: metrics)
    }

    func stop() {
        worker.stop()
        coordinator.stop()
    }
}
