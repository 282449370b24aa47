import Configuration
import Telemetry
import Testing

/// Surroundings with four CPUs, the given variables and one file.
func surroundings(
    _ variables: [String: String] = [:],
    file: String? = nil,
    processorCount: Int = 4
) -> Surroundings {
    Surroundings(
        variable: { variables[$0] },
        file: { (path) throws(UsageError) in
            guard path == "fleet.json", let file else { return Array("{}".utf8) }
            return Array(file.utf8)
        },
        processorCount: processorCount,
        memoryByteCount: 8 << 30,
        hostName: "host-1",
        processID: 77
    )
}

func invocation(
    _ words: String,
    in surroundings: Surroundings = surroundings()
) throws(UsageError) -> Invocation {
    try Invocation(parsing: words.split(separator: " ").map(String.init), in: surroundings)
}

func serveOptions(_ words: String, in surroundings: Surroundings = surroundings()) throws -> ServeOptions {
    guard case .serve(let options) = try invocation("serve " + words, in: surroundings) else {
        throw Unexpected(text: words)
    }
    return options
}

struct Unexpected: Error { var text: String }

/// The sentence that `body` fails with.
func complaint(_ words: String, in surroundings: Surroundings = surroundings()) -> String {
    do throws(UsageError) {
        return "no complaint, but \(try invocation(words, in: surroundings))"
    } catch {
        return error.description
    }
}

@Suite struct `An invocation` {
    @Test func `of serve has sensible defaults`() throws {
        let options = try serveOptions("")
        #expect(options.modelPaths.isEmpty)
        #expect(options.host == "127.0.0.1")
        #expect(options.port == 8080)
        #expect(options.laneCapacity == 10_000)
        #expect(options.names.aliases.isEmpty)
        #expect(options.names.defaultModel == nil)
        #expect(options.engine.batchSize == 64)
        #expect(options.engine.stepTokenCount == 256)
        #expect(options.engine.chunkTokenCount == 256)
        #expect(options.engine.threadCount == 4)
        #expect(options.engine.blockTokenCount == 16)
        #expect(options.engine.kvPrecision == .f16)
        #expect(options.engine.kvMemoryBytes == 2 << 30)
        #expect(options.engine.maxContextTokenCount == nil)
        #expect(options.role.node == "serve-host-1-77")
        #expect(options.role.logLevel == .info)
        #expect(options.role.logFormat == .human)
        #expect(options.role.grace == .seconds(30))
    }

    @Test(arguments: [(1, 1), (2, 2), (4, 4), (5, 4), (16, 15)])
    func `computes on every CPU, or on all but one of many`(processorCount: Int, threadCount: Int) throws {
        let machine = surroundings(processorCount: processorCount)
        #expect(try serveOptions("--model m", in: machine).engine.threadCount == threadCount)
    }

    @Test func `takes flags with and without an equals sign, repeated where that means more`() throws {
        let options = try serveOptions(
            "--port=9 --host ::1 --model a --model=b --alias gpt-4=a --alias=claude=b --default-model a "
                + "--threads 2"
        )
        #expect(options.port == 9)
        #expect(options.host == "::1")
        #expect(options.modelPaths == ["a", "b"])
        #expect(options.names.aliases == ["gpt-4": "a", "claude": "b"])
        #expect(options.names.defaultModel == "a")
        #expect(options.engine.threadCount == 2)
    }

    @Test func `prefers flags to the environment, that to the file, and that to the default`() throws {
        let surroundings = surroundings(
            ["MILLRACE_PORT": "2", "MILLRACE_HOST": "two", "MILLRACE_BATCH": ""],
            file:
                #"{"http":{"port":3,"host":"three"},"engine":{"batch":33,"kv_memory":"3G"},"#
                + #""lanes":{"capacity":7}}"#
        )
        let options = try serveOptions("--port 1 --config fleet.json", in: surroundings)
        #expect(options.port == 1)
        #expect(options.host == "two")
        #expect(options.engine.batchSize == 33)
        #expect(options.engine.kvMemoryBytes == 3 << 30)
        #expect(options.laneCapacity == 7)
        #expect(options.engine.blockTokenCount == 16)
    }

    @Test func `gives keys and values a quarter of the memory, shared by the models`() throws {
        #expect(try serveOptions("--model a --model b").engine.kvMemoryBytes == 1 << 30)
        var small = surroundings()
        small.memoryByteCount = 512 << 20
        #expect(try serveOptions("", in: small).engine.kvMemoryBytes == 256 << 20)
    }

    @Test func `reads lists and pairs from the environment and the file`() throws {
        let variables = [
            "MILLRACE_MODEL": "a,b", "MILLRACE_ALIAS": "x=a,y=b", "MILLRACE_CONFIG": "fleet.json",
        ]
        let file = #"{"models":["c","d"],"aliases":{"z":"c"},"grace_seconds":2}"#
        let both = try serveOptions("", in: surroundings(variables, file: file))
        #expect(both.modelPaths == ["a", "b"])
        #expect(both.names.aliases == ["x": "a", "y": "b"])
        #expect(both.role.grace == .seconds(2))
        let filed = try serveOptions("--config fleet.json", in: surroundings(file: file))
        #expect(filed.modelPaths == ["c", "d"])
        #expect(filed.names.aliases == ["z": "c"])
    }

    @Test func `of each role knows its endpoints`() throws {
        guard
            case .edge(let edge) = try invocation(
                "edge --coordinator ipc:///run/c --tokens tcp://127.0.0.1:7001 --loops 2 --node e1"
            ),
            case .worker(let worker) = try invocation(
                "worker --coordinator tcp://localhost:7000 --model m --kv f32 --max-context 4096 "
                    + "--kv-memory 1m"
            ),
            case .coordinator(let coordinator) = try invocation(
                "coordinator --listen tcp://[::1]:7000 --grace 0.5"
            )
        else { throw Unexpected(text: "roles") }
        #expect(edge.coordinator.description == "ipc:///run/c")
        #expect(edge.drainDelay == .seconds(2))
        #expect(edge.tokens.description == "tcp://127.0.0.1:7001")
        #expect(edge.loopCount == 2)
        #expect(edge.role.node == "e1")
        #expect(worker.modelPaths == ["m"])
        #expect(worker.engine.kvPrecision == .f32)
        #expect(worker.engine.maxContextTokenCount == 4096)
        #expect(worker.engine.kvMemoryBytes == 1 << 20)
        #expect(coordinator.listen.isLocal)
        #expect(coordinator.role.grace == .milliseconds(500))
    }

    @Test func `of a fleet with two coordinators names both`() throws {
        guard
            case .worker(let worker) = try invocation("worker --coordinator ipc:///a,ipc:///b --model m"),
            case .coordinator(let second) = try invocation(
                "coordinator --listen ipc:///b --standby-of ipc:///a"
            )
        else { throw Unexpected(text: "roles") }
        #expect(worker.coordinator.description == "ipc:///a")
        #expect(worker.standbys.map(\.description) == ["ipc:///b"])
        #expect(second.standbyOf?.description == "ipc:///a")
        #expect(
            complaint("worker --coordinator ipc:///a,tcp://10.0.0.1:7 --model m")
                .hasPrefix("--coordinator tcp://10.0.0.1:7 reaches beyond this machine")
        )
        let itself = "coordinator --listen ipc:///b --standby-of ipc:///b"
        #expect(complaint(itself) == "--standby-of is --listen itself")
    }

    @Test func `of inspect names its subject and model, with sharp defaults`() throws {
        guard case .inspect(let options) = try invocation("inspect logits dir/model --batch 4 --chunk 3")
        else {
            throw Unexpected(text: "inspect")
        }
        #expect(options.subject == .logits)
        #expect(options.modelPath == "dir/model")
        #expect(options.batchSize == 4)
        #expect(options.chunkTokenCount == 3)
        #expect(options.kvPrecision == .f32)
    }

    @Test func `of simulate runs a range of seeds or one`() throws {
        guard case .simulate(let range) = try invocation("simulate --seeds 5 --from 10"),
            case .simulate(let single) = try invocation(
                "simulate --seed 9223372036854775807 --plant lost-ack"
            )
        else { throw Unexpected(text: "simulate") }
        #expect(range.seeds == 10...14)
        #expect(single.seeds.count == 1)
        #expect(single.plantedBug == "lost-ack")
    }

    @Test func `of bench measures one part with a fleet of its own`() throws {
        let words = ["bench", "edge", "--seconds", "0.5", "--rounds", "2", "--json", "figures.json"]
        let parsed = try Invocation(parsing: words, in: surroundings(["MILLRACE_BATCH": "7"]))
        guard case .bench(.edge(let options)) = parsed else { throw Unexpected(text: "bench edge") }
        #expect(options.window == .milliseconds(500))
        #expect(options.roundCount == 2)
        #expect(options.connectionCounts == [1, 64, 512])
        #expect(options.jsonPath == "figures.json")
        #expect(options.fleet.engine.batchSize == 64)
        #expect(throws: UsageError.self) { try invocation("bench hello") }
        #expect(throws: UsageError.self) { try invocation("bench edge twice") }
    }

    @Test func `of bench engine takes lists, and options of serve behind two dashes`() throws {
        let words = "bench engine m.gguf --streams 1,8 --depth 0,512 --threads 2 --kv f32 -- --chunk 64"
        guard case .bench(.engine(let options)) = try invocation(words) else {
            throw Unexpected(text: words)
        }
        #expect(options.model.path == "m.gguf")
        #expect(options.plan == .table(prefills: [512], streams: [1, 8], depths: [0, 512], decodeCount: 64))
        #expect(options.model.engine.threadCount == 2)
        #expect(options.model.engine.kvPrecision == .f32)
        #expect(options.model.engine.chunkTokenCount == 64)
        #expect(options.model.engine.batchSize == 64)
        for words in ["", "m --streams 1,,2", "m --streams 0", "m n", "m -- --port", "-- --port 1"] {
            #expect(throws: UsageError.self, "\(words)") { try invocation("bench engine \(words)") }
        }
    }

    @Test func `of bench alone puts a load on a server`() throws {
        let words = "bench --url http://h:1 --clients 1,16 --shared 50 --prompt-tokens 2000 --plot p.svg"
        guard case .bench(.load(let options)) = try invocation(words),
            case .bench(.load(let usual)) = try invocation("bench")
        else { throw Unexpected(text: words) }
        #expect(options.urls == ["http://h:1"])
        #expect(options.clientCounts == [1, 16])
        #expect(options.sharedPercent == 50)
        #expect(options.promptTokenCount == 2000)
        #expect(options.plotPath == "p.svg")
        #expect(usual.urls == ["http://127.0.0.1:8080"])
        #expect(usual.workload == .completions && usual.sharedPercent == 0 && !usual.isChecked)
        let more = "bench --url http://h:1 --url http://h:2 --workload chat --check"
        guard case .bench(.load(let chat)) = try invocation(more) else { throw Unexpected(text: more) }
        #expect(chat.urls == ["http://h:1", "http://h:2"])
        #expect(chat.workload == .chat && chat.sharedPercent == 75 && chat.isChecked)
        #expect(usual.clientCounts == [1, 2, 4, 8, 16, 32, 64])
        #expect(usual.model == nil)
        #expect(complaint("bench hello").hasPrefix("millrace bench knows no hello, only coordinator, edge"))
    }

    @Test func `of bench machine and curve know the machine and the model`() throws {
        guard case .bench(.machine(let machine)) = try invocation("bench machine"),
            case .bench(.curve(let curve)) = try invocation("bench curve m --streams 1,2 --threads 2"),
            case .help(let help) = try invocation("bench --help")
        else { throw Unexpected(text: "bench machine") }
        #expect(machine.threadCount == 4)
        #expect(curve.model.path == "m")
        #expect(curve.model.engine.threadCount == 2)
        #expect(curve.streamCounts == [1, 2])
        #expect(curve.depths == [128, 256, 512, 1024, 2048, 4096, 8192, 16384])
        #expect(help.contains("--clients"))
    }

    @Test func `of chat can be told everything by flags`() throws {
        let words = [
            "chat", "--system", "Be brief.", "--max-tokens", "9", "--temperature", "0", "--seed", "7",
        ]
        let parsed = try Invocation(parsing: words, in: surroundings(["MILLRACE_CHAT_URL": "http://h:1"]))
        guard case .chat(let options) = parsed else { throw Unexpected(text: "chat") }
        #expect(options.url == "http://h:1")
        #expect(options.system == "Be brief.")
        #expect(options.maxTokenCount == 9)
        #expect(options.temperature == 0)
        #expect(options.seed == 7)
        #expect(options.model == nil)
    }

    private static let subjects =
        "tokenize, detokenize, render, logits, generate, embed, accepts, sample or dequantize"

    @Test(arguments: [
        ("serve --prot 1", "unknown option --prot; did you mean --port?"),
        ("sevre", "unknown command sevre; did you mean serve?"),
        ("frobnicate", "unknown command frobnicate; millrace --help lists them"),
        ("bench edge --seconds 0", "--seconds must be a number from 0.1 to 600, not \"0\""),
        ("serve --port 0", #"--port must be a whole number from 1 to 65535, not "0""#),
        (
            "serve --port 99999999999999999999",
            "--port must be a whole number from 1 to 65535, not \"99999999999999999999\""
        ),
        ("serve --port", "--port needs a value: --port N"),
        ("serve --port --host x", "--port needs a value: --port N"),
        ("serve --port 1 --port 2", "--port is given twice"),
        ("serve extra", #"millrace serve takes options only, not "extra""#),
        ("serve -- --port", #"millrace serve takes options only, not "--port""#),
        ("serve --kv q4", #"--kv must be f32, f16 or q8, not "q4""#),
        ("serve --kv-memory 9Z", #"--kv-memory must be a size from 1M to 16T, not "9Z""#),
        (
            "serve --kv-memory 9999999999999T",
            #"--kv-memory must be a size from 1M to 16T, not "9999999999999T""#
        ),
        ("serve --quantize q5", #"--quantize must be q8 or q4, not "q5""#),
        ("serve --grace nan", #"--grace must be a number from 0 to 86400, not "nan""#),
        ("serve --alias x", #"--alias must be NAME=VALUE, not "x""#),
        ("serve --alias x=a --alias x=b", "--alias x is given for a and for b"),
        ("serve --batch 64 --step-tokens 32", "--step-tokens must be at least --batch (64), not 32"),
        (
            "serve --node a/b",
            #"--node must be 1 to 64 letters, digits, dots, dashes or underscores, not "a/b""#
        ),
        ("serve --loops 2", "millrace serve takes no --loops, only edge does"),
        ("edge --lane-capacity 2", "millrace edge takes no --lane-capacity, only serve and coordinator do"),
        ("coordinator", "millrace coordinator needs --listen ENDPOINT"),
        (
            "worker --coordinator ipc:///c",
            "millrace worker needs --model MODEL, or models in the file of --config"
        ),
        ("coordinator --listen udp://x", #"--listen must be ipc:///path or tcp://host:port, not "udp://x""#),
        (
            "inspect",
            "millrace inspect needs what to inspect: \(subjects)"
        ),
        (
            "inspect feel m",
            "millrace inspect knows no feel, only \(subjects)"
        ),
        ("inspect logits", "millrace inspect logits needs one MODEL, not 0"),
        ("inspect dequantize m", "millrace inspect dequantize takes no MODEL, not 1"),
        (
            "chat --url ftp://x",
            #"--url must be an address that begins with http:// or https://, not "ftp://x""#
        ),
    ])
    func `that cannot be followed is answered with one sentence`(words: String, sentence: String) {
        #expect(complaint(words) == sentence)
    }

    @Test func `names the variable when that is what is wrong`() {
        let surroundings = surroundings(["MILLRACE_PORT": "http"])
        let sentence = #"MILLRACE_PORT must be a whole number from 1 to 65535, not "http""#
        #expect(complaint("serve", in: surroundings) == sentence)
    }

    @Test func `reaches beyond this machine only when told that nobody asks for a key there`() throws {
        let words = "coordinator --listen tcp://0.0.0.0:7000"
        #expect(complaint(words).hasPrefix("--listen tcp://0.0.0.0:7000 reaches beyond this machine"))
        guard case .coordinator(let options) = try invocation(words + " --insecure-fleet") else {
            throw Unexpected(text: words)
        }
        #expect(!options.listen.isLocal)
    }

    @Test(arguments: [
        ("tcp://127.0.0.1:1", true), ("tcp://127.9.9.9:65535", true), ("tcp://localhost:80", true),
        ("tcp://*:80", false), ("tcp://127.0.0.1.example.org:80", false), ("tcp://127.example:80", false),
    ])
    func `knows which endpoints are local`(text: String, isLocal: Bool) {
        #expect(Endpoint(text)?.isLocal == isLocal)
    }

    @Test(arguments: [
        "tcp://:80", "tcp://host", "tcp://host:0", "tcp://host:65536", "ipc://", "ipc://a b", "inproc://x",
    ])
    func `refuses what is no endpoint`(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test func `refuses a socket file whose path the system would cut`() {
        #expect(Endpoint("ipc://" + String(repeating: "p", count: 107)) != nil)
        #expect(Endpoint("ipc://" + String(repeating: "p", count: 108)) == nil)
    }
}
