import Glibc
import JSON
import Testing

@testable import Configuration

@Suite struct `A configuration file` {
    @Test(arguments: [
        (#"{"http":{"prot":1}}"#, "fleet.json: unknown key http.prot; did you mean http.port?"),
        (#"{"hpt":1}"#, "fleet.json: unknown key hpt"),
        (#"{"port":1}"#, "fleet.json: unknown key port; did you mean http.port?"),
        (#"{"http":1}"#, "fleet.json: http must be an object, not 1"),
        (
            #"{"http":{"port":"80"}}"#,
            #"fleet.json: http.port must be a whole number from 1 to 65535, not "80""#
        ),
        (
            #"{"http":{"port":80.5}}"#,
            "fleet.json: http.port must be a whole number from 1 to 65535, not 80.5"
        ),
        (#"{"models":"m"}"#, #"fleet.json: models must be an array, not "m""#),
        (#"{"models":["m",2]}"#, "fleet.json: models[1] must be a text that is not empty, not 2"),
        (#"{"aliases":[]}"#, "fleet.json: aliases must be an object of names and values, not []"),
        (#"{"aliases":{"a":1}}"#, "fleet.json: aliases.a must be a text that is not empty, not 1"),
        (
            #"{"fleet":{"listen":"x"}}"#,
            #"fleet.json: fleet.listen must be ipc:///path or tcp://host:port, not "x""#
        ),
        (
            #"{"engine":{"kv":"q4"}}"#,
            #"fleet.json: engine.kv must be f32, f16 or q8, not "q4""#
        ),
        ("[]", "fleet.json: must hold one JSON object"),
    ])
    func `with a mistake names the key`(text: String, sentence: String) {
        #expect(complaint("serve --config fleet.json", in: surroundings(file: text)) == sentence)
    }

    @Test func `says whose prompts may share what was computed`() throws {
        let tenants = #"{"a":{"prefix_scope":"shared:club"},"b":{"prefix_scope":"own"},"c":{}}"#
        let given = surroundings(file: #"{"tenants":\#(tenants)}"#)
        guard case .serve(let options) = try invocation("serve --config fleet.json", in: given) else {
            Issue.record("serve was not understood")
            return
        }
        #expect(options.tenants.tenants.map(\.prefixGroup) == ["club", nil, nil])
        for wrong in [#""club""#, #""shared:""#, #""shared:a b""#, "1"] {
            let file = #"{"tenants":{"a":{"prefix_scope":\#(wrong)}}}"#
            let sentence = complaint("serve --config fleet.json", in: surroundings(file: file))
            #expect(sentence.hasPrefix("fleet.json: tenants.a.prefix_scope must be own, or shared: and"))
        }
    }

    @Test func `that is no JSON says where it goes wrong`() {
        let sentence = complaint("serve --config fleet.json", in: surroundings(file: "{"))
        #expect(sentence.hasPrefix("fleet.json: not valid JSON: "))
    }

    @Test func `that nobody can read is named`() {
        #expect(throws: UsageError.self) { try Surroundings.current.file("/nonexistent/fleet.json") }
        let surroundings = Surroundings.current
        #expect(
            complaint("serve --config /nonexistent/fleet.json", in: surroundings)
                == "cannot read /nonexistent/fleet.json: No such file or directory"
        )
    }

    @Test func `may serve every process of a fleet`() throws {
        let fleet = #"{"listen":"ipc:///c","coordinator":"ipc:///c"}"#
        let file = #"{"$schema":"x","fleet":\#(fleet),"models":["m"],"http":{}}"#
        let surroundings = surroundings(file: file)
        guard case .worker(let worker) = try invocation("worker --config fleet.json", in: surroundings),
            case .coordinator(let coordinator) = try invocation(
                "coordinator --config fleet.json",
                in: surroundings
            )
        else { throw Unexpected(text: file) }
        #expect(worker.modelPaths == ["m"])
        #expect(coordinator.listen == worker.coordinator)
    }

    @Test func `is read from the disk`() throws {
        let path = "/tmp/millrace-config-\(getpid()).json"
        let file = try #require(fopen(path, "w"))
        fputs(#"{"http":{"port":81}}"#, file)
        fclose(file)
        defer { unlink(path) }
        #expect(try serveOptions("--config \(path) --host x", in: .current).port == 81)
    }
}
