import Configuration
import Telemetry
import Testing

@Suite struct `The section of tenants` {
    private static let digest = "sha256:" + String(repeating: "0aF1", count: 16)

    /// A machine with the file of the fleet and one of keys.
    private func machine(_ tenants: String, keys: String = "") -> Surroundings {
        Surroundings(
            variable: { _ in nil },
            file: { (path) throws(UsageError) in
                switch path {
                case "fleet.json": Array(#"{"tenants":\#(tenants)}"#.utf8)
                case "bots.keys": Array(keys.utf8)
                default: throw UsageError("cannot read \(path)")
                }
            },
            processorCount: 4,
            memoryByteCount: 8 << 30,
            hostName: "host-1",
            processID: 77
        )
    }

    private func read(_ tenants: String, keys: String = "") throws -> [TenantOptions.Tenant] {
        try serveOptions("--config fleet.json", in: machine(tenants, keys: keys)).tenants.tenants
    }

    @Test func `names tenants with weights, shares and keys`() throws {
        let digest = Self.digest
        let tenants = try read(
            #"{"bots":{"weight":4,"share":0.5,"keys":["\#(digest)"]},"all":{"open":true}}"#
        )
        #expect(tenants.map(\.name) == ["all", "bots"])
        #expect(tenants[0].isOpen && tenants[0].weight == 1 && tenants[0].share == nil)
        #expect(tenants[1].weight == 4 && tenants[1].share == 0.5)
        #expect(tenants[1].keys == [.digest(String(digest.dropFirst(7).lowercased()))])
        #expect(try read("{}").isEmpty)
    }

    @Test func `takes keys and digests from a file, line by line`() throws {
        let tenants = try read(
            #"{"bots":{"key_file":"bots.keys"}}"#,
            keys: "# ours\r\nfirst-key-1\n\n\(Self.digest)\r\nsecond-key"
        )
        let keys = try #require(tenants.first?.keys)
        #expect(keys.count == 3)
        #expect(keys[0] == .secret(.init("first-key-1")) && keys[2] == .secret(.init("second-key")))
        #expect(!"\(keys)".contains("first-key"), "a key is never shown")
    }

    @Test func `leaves files of keys alone where nobody asks for keys`() throws {
        let machine = machine(#"{"bots":{"key_file":"nowhere","weight":2}}"#)
        guard
            case .coordinator(let options) = try invocation(
                "coordinator --listen ipc:///c --config fleet.json",
                in: machine
            )
        else { throw Unexpected(text: "coordinator") }
        #expect(options.tenants.tenants.map(\.weight) == [2])
        #expect(complaint("serve --config fleet.json", in: machine) == "cannot read nowhere")
    }

    @Test(arguments: [
        ("[]", "fleet.json: tenants must be an object of tenants by name"),
        (#"{"a":1}"#, "fleet.json: tenants.a must be an object"),
        (#"{"a":{"wieght":1}}"#, "fleet.json: unknown key tenants.a.wieght; did you mean weight?"),
        (#"{"a":{"weight":0}}"#, "fleet.json: tenants.a.weight must be"),
        (#"{"a":{"share":1.5}}"#, "fleet.json: tenants.a.share must be"),
        (#"{"a":{"open":1}}"#, "fleet.json: tenants.a.open must be true or false"),
        (#"{"a":{"open":true},"b":{"open":true}}"#, "fleet.json: tenants a and b are both open; one may be"),
        (#"{"a":{"keys":"x"}}"#, "fleet.json: tenants.a.keys must be an array"),
        (#"{"a":{"keys":["my-own-key"]}}"#, "fleet.json: tenants.a.keys[0] must be sha256: and 64"),
        (#"{"a":{"key_file":""}}"#, "fleet.json: tenants.a.key_file must be a text that is not empty"),
        (#"{"a b":{}}"#, "fleet.json: tenants.a b: a tenant's name must be 1 to 64 letters"),
    ]) func `says what is wrong with its path, and repeats no key`(tenants: String, sentence: String) {
        let said = complaint("serve --config fleet.json", in: machine(tenants))
        #expect(said.hasPrefix(sentence), "\(said)")
        #expect(!said.contains("my-own-key"))
    }

    @Test(arguments: ["short", "with space", "tab\tinside", String(repeating: "x", count: 513)])
    func `refuses a key that no header could carry, by its line`(key: String) {
        let machine = machine(#"{"a":{"key_file":"bots.keys"}}"#, keys: "long-enough\n\(key)")
        let said = complaint("serve --config fleet.json", in: machine)
        #expect(said.hasPrefix("bots.keys:2 must be a key of 8 to 512 printable bytes"), "\(said)")
        #expect(!said.contains(key))
    }

    @Test func `refuses a key that two tenants have`() {
        let both = #"{"a":{"keys":["\#(Self.digest)"]},"b":{"keys":["\#(Self.digest.lowercased())"]}}"#
        #expect(
            complaint("serve --config fleet.json", in: machine(both))
                == "fleet.json: tenants a and b have a key in common"
        )
    }

    @Test func `is bounded`() {
        let many = (0...1000).map { #""t\#($0)":{}"# }.joined(separator: ",")
        #expect(
            complaint("serve --config fleet.json", in: machine("{\(many)}"))
                == "fleet.json: there are 1001 tenants, the limit is 1000"
        )
    }
}
