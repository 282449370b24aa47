import Configuration
import Edge
import Engine
import Http
import Load
import ResponseStore
import Synchronization
import Telemetry
import Worker

/// The measured side: a whole fleet as `serve` starts it, with a model that costs nothing.
final class EdgeSide {
    let port: UInt16
    private let fleet: LocalFleet
    private let edge: RoleThread

    /// `connectionCount` requests run at the same time, so that none waits for the engine.
    init(_ options: ServeOptions, connectionCount: Int) throws {
        var worker = try WorkerConfiguration(
            coordinator: LocalFleet.coordinator(),
            modelPaths: [BundledModel.path()],
            modelsDirectory: nil,
            engine: options.engine,
            allowsInsecure: false
        )
        worker.isScripted = true
        worker.limits.sequences = max(worker.limits.sequences, connectionCount)
        worker.limits.rowsPerStep = max(worker.limits.rowsPerStep, 2 * connectionCount)
        let fleet = try LocalFleet(options, configuration: worker)
        self.fleet = fleet
        let port = ChosenPort()
        edge = try RoleThread(name: "edge") { loop in
            let log = Log(role: "edge", options.role)
            let configuration = EdgeConfiguration(
                address: ListenAddress(host: "127.0.0.1", port: 0),
                coordinator: fleet.coordinatorEndpoint,
                tokens: fleet.tokensEndpoint,
                responses: try ResponseStore(path: nil, log: log),
                version: Millrace.version
            )
            let host = try EdgeHost(fleet.environment(loop, "edge", log), configuration)
            port.tell(host.port)
            return host
        }
        self.port = port.value
        try LoadProbe.awaitSuccess(of: LoadRequest(get: "/readyz"), port: self.port)
    }

    func stop() {
        edge.stop()
        fleet.stop()
    }
}

/// The port that a server on another thread was given.
final class ChosenPort: Sendable {
    private let port = Mutex<UInt16>(0)

    var value: UInt16 { port.withLock { $0 } }

    func tell(_ value: UInt16) { port.withLock { $0 = value } }
}
