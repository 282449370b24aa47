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

/// `millrace coordinator`: the coordinator as a process.
struct CoordinatorCommand {
    let options: CoordinatorOptions

    init(_ options: CoordinatorOptions) { self.options = options }

    func run() throws {
        let loop = try EventLoop()
        let signals = try SignalCount(loop)
        let log = Log(role: "coordinator", options.role)
        let door = try FleetDoor(options.role, as: .coordinator, log: log)
        let metrics = Metrics()
        let monitor = try MonitorServer(options.role.monitor, loop, metrics)
        let environment = PortEnvironment(
            loop: loop,
            context: door.context,
            node: door.node,
            log: log,
            metrics: metrics
        )
        var lanes = LanePolicy()
        lanes.capacity = options.laneCapacity
        lanes.tenants = options.tenants.policies
        let host = try CoordinatorHost(
            environment,
            at: Messaging.Endpoint(options.listen),
            standbyOf: options.standbyOf.map(Messaging.Endpoint.init),
            lanes: lanes
        )
        RoleProcess(loop, log: log, grace: options.role.grace, monitor: monitor).run(host, signals)
    }
}

/// `millrace edge`: one edge per loop, all on one port.
struct EdgeCommand {
    let options: EdgeOptions

    init(_ options: EdgeOptions) { self.options = options }

    func run() throws {
        let loop = try EventLoop()
        let signals = try SignalCount(loop)
        let log = Log(role: "edge", options.role)
        let door = try FleetDoor(options.role, as: .edge, log: log)
        let metrics = Metrics()
        let responses = try ResponseStore(path: options.storePath, log: log)
        let siblings = try (1..<max(1, options.loopCount)).map { index in
            let node = "\(door.node)-\(index)"
            try door.check(node, .edge, options.role)
            return try RoleThread(name: "edge-\(index)") { [options, context = door.context] loop in
                try EdgeHost(
                    PortEnvironment(
                        loop: loop,
                        context: context,
                        node: node,
                        log: log,
                        metrics: metrics
                    ),
                    try EdgeConfiguration(options, responses, index: index)
                )
            }
        }
        let environment = PortEnvironment(
            loop: loop,
            context: door.context,
            node: door.node,
            log: log,
            metrics: metrics
        )
        let host = try EdgeHost(environment, try EdgeConfiguration(options, responses, index: 0))
        let group = try EdgeGroup(host, siblings, loop)
        RoleProcess(loop, log: log, grace: options.role.grace).run(group, signals)
        responses.stop()
    }
}

/// `millrace worker`: a worker as a process.
struct WorkerCommand {
    let options: WorkerOptions

    init(_ options: WorkerOptions) { self.options = options }

    func run() throws {
        let loop = try EventLoop()
        let signals = try SignalCount(loop)
        let log = Log(role: "worker", options.role)
        let door = try FleetDoor(options.role, as: .worker, log: log)
        let metrics = Metrics()
        let monitor = try MonitorServer(options.role.monitor, loop, metrics)
        let environment = PortEnvironment(
            loop: loop,
            context: door.context,
            node: door.node,
            log: log,
            metrics: metrics
        )
        var configuration = try WorkerConfiguration(
            coordinator: Messaging.Endpoint(options.coordinator),
            modelPaths: options.modelPaths,
            modelsDirectory: options.modelsDirectory,
            engine: options.engine,
            allowsInsecure: options.role.allowsRemoteLinks,
            pool: options.models
        )
        configuration.standbys = try options.standbys.map(Messaging.Endpoint.init)
        let host = try WorkerHost(environment, configuration)
        RoleProcess(loop, log: log, grace: options.role.grace, monitor: monitor).run(host, signals)
    }
}

extension EdgeConfiguration {
    /// The `index`-th loop of an edge.
    ///
    /// Each takes tokens at an endpoint of its own: the next port, or the next name.
    init(_ options: EdgeOptions, _ responses: ResponseStore, index: Int) throws {
        guard let tokens = options.tokens.numbered(index) else {
            throw UsageError(
                "--tokens \(options.tokens) leaves no room for the ports of \(options.loopCount) loops"
            )
        }
        self.init(
            address: ListenAddress(host: options.host, port: options.port, isShared: options.loopCount > 1),
            coordinator: try Messaging.Endpoint(options.coordinator),
            tokens: try Messaging.Endpoint(tokens),
            naming: ModelNaming(options.names),
            keys: options.tenants.keyBook,
            admin: AdminDoor(options.admin),
            responses: responses,
            volatile: options.volatile.text,
            version: Millrace.version
        )
        announced = try options.announced.map { endpoint in
            guard let own = endpoint.numbered(index) else {
                throw UsageError(
                    "--announce \(endpoint) leaves no room for the ports of \(options.loopCount) loops"
                )
            }
            return try Messaging.Endpoint(own)
        }
        standbys = try options.standbys.map(Messaging.Endpoint.init)
        drainDelay = options.drainDelay
        retries = RetryRules(options.retries, options.tenants)
    }
}

extension ResponseStore {
    /// In a file, or in memory where none is named.
    convenience init(path: String?, log: Log) throws {
        if let path {
            try self.init(.file(path), limits: ResponseStoreLimits(), log: log)
        } else {
            try self.init(.memory, limits: .memory, log: log)
        }
    }
}

extension ModelNaming {
    init(_ names: ModelNames) { self.init(aliases: names.aliases, defaultModel: names.defaultModel) }
}
