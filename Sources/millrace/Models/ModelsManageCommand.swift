import Configuration
import Console
import Glibc
import HttpClient
import JSON
import Telemetry

/// `millrace models load`, `unload` and `status`: what a running server's workers have in memory.
struct ModelsManageCommand {
    private static let pollMicroseconds: UInt32 = 300_000

    private let options: ModelsManageOptions
    private let server: ManagedServer
    private let isTerminal = isatty(2) == 1

    init(_ options: ModelsManageOptions) {
        self.options = options
        server = ManagedServer(url: options.url, key: options.key?.exposed)
    }

    func run() throws {
        Interrupt.install()
        do throws(ManagedServer.Refused) {
            switch options.deed {
            case .load(let model): try load(model, reloads: false)
            case .reload(let model): try load(model, reloads: true)
            case .unload(let model): try unload(model)
            case .status: try showStatus()
            }
        } catch {
            clear()
            Millrace.say("millrace: \(harmless(error.description))", to: 2)
            throw ExitStatus(code: 1)
        }
    }

    // MARK: Load and unload

    private func command(_ model: String) -> JSONObject {
        var body: JSONObject = ["model": .string(model)]
        if let worker = options.worker { body["worker"] = .string(worker) }
        return body
    }

    private func load(_ model: String, reloads: Bool) throws(ManagedServer.Refused) {
        var body = command(model)
        if reloads { body["reload"] = true }
        let before = reloads ? ModelStanding(try server.get("/admin/models/status", model: model)) : nil
        var standing = ModelStanding(try server.post("/admin/models/load", body))
        let wasThere = !reloads && standing.isLoaded(at: options.worker)
        while !standing.isLoaded(at: options.worker, since: before) {
            guard !Interrupt.wasRaised else { throw .stopped }
            if let failure = standing.failure(since: before, at: options.worker) { throw .failed(failure) }
            show("loading \(model): \(standing.words)")
            usleep(Self.pollMicroseconds)
            standing = ModelStanding(try server.get("/admin/models/status", model: model))
        }
        clear()
        guard !options.isQuiet else { return }
        let deed = wasThere ? "was loaded already" : "is loaded"
        Millrace.say(harmless("\(model) \(deed), \(standing.places)"), to: 1)
    }

    private func unload(_ model: String) throws(ManagedServer.Refused) {
        var standing = ModelStanding(try server.post("/admin/models/unload", command(model)))
        while !standing.isGone(from: options.worker) {
            guard !Interrupt.wasRaised else { throw .stopped }
            show("unloading \(model): \(standing.words)")
            usleep(Self.pollMicroseconds)
            standing = ModelStanding(try server.get("/admin/models/status", model: model))
        }
        clear()
        Millrace.say(harmless("\(model) is unloaded"), to: 1)
    }

    // MARK: Status

    private func showStatus() throws(ManagedServer.Refused) {
        let status = try server.get("/admin/models/status")
        guard !options.printsJSON else { return Millrace.say(status.description, to: 1) }
        let head = ["model", "state", "worker", "memory", "running", "waiting", "note"]
        var rows = [head]
        for model in status["models"]?.arrayValue ?? [] { rows += ModelStanding(model).rows }
        let table = TextTable(rows.map { Array($0.dropLast()) }, leftColumnCount: 3)
        var lines = zip(table.lines, rows).map { line, row in
            row.last.map { $0.isEmpty ? line : "\(line)  \($0)" } ?? line
        }
        for worker in status["workers"]?.arrayValue ?? [] {
            let used = byteText(Int(worker["used_bytes"]?.integerValue ?? 0))
            let budget = byteText(Int(worker["budget_bytes"]?.integerValue ?? 0))
            lines.append("\(worker["worker"]?.stringValue ?? ""): \(used) of \(budget)")
        }
        Millrace.say(harmless(lines.joined(separator: "\n")), to: 1)
    }

    // MARK: One line that is written over

    private func show(_ text: String) {
        guard isTerminal, !options.isQuiet else { return }
        write("\r" + harmless(text) + "\u{1B}[K")
    }

    // CSI K clears to the end of the line (ECMA-48 8.3.41).
    private func clear() { if isTerminal { write("\r\u{1B}[K") } }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
