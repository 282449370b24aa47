import Configuration
import Testing

@Suite struct `What a fleet shows to outside` {
    private static let worker = "worker --coordinator ipc:///tmp/c --model m "
    private static let edge = "edge --coordinator ipc:///tmp/c --tokens tcp://127.0.0.1:7200 "

    private func monitor(_ words: String) throws -> MonitorOptions? {
        switch try invocation(words) {
        case .worker(let options): return options.role.monitor
        case .coordinator(let options): return options.role.monitor
        default: throw Unexpected(text: words)
        }
    }

    @Test func `is nothing unless somebody names a port`() throws {
        #expect(try monitor(Self.worker) == nil)
        #expect(try monitor("coordinator --listen ipc:///tmp/c --monitor-host 0.0.0.0") == nil)
    }

    @Test func `is for this machine unless somebody names an address`() throws {
        let options = try #require(try monitor(Self.worker + "--monitor-port 9100"))
        #expect(options.host == "127.0.0.1" && options.port == 9100)
        let words = "coordinator --listen ipc:///tmp/c --monitor-port 9100 --monitor-host 0.0.0.0"
        #expect(try monitor(words)?.host == "0.0.0.0")
    }

    @Test func `is asked of roles without clients alone`() {
        #expect(complaint("serve --monitor-port 9100").contains("--monitor-port"))
        #expect(complaint(Self.edge + "--monitor-port 9100").contains("--monitor-port"))
    }

    @Test func `is where an edge announces its tokens`() throws {
        guard case .edge(let plain) = try invocation(Self.edge) else { throw Unexpected(text: "") }
        #expect(plain.announced == nil)
        let words = Self.edge + "--announce tcp://127.0.0.1:7300"
        guard case .edge(let options) = try invocation(words) else { throw Unexpected(text: words) }
        #expect(options.announced?.description == "tcp://127.0.0.1:7300")
        #expect(complaint(Self.edge + "--announce tcp://edge-1:7300").contains("--announce"))
    }
}
