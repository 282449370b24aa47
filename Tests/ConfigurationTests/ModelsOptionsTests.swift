import Configuration
import Testing

@Suite struct `An invocation of models` {
    private func pull(_ words: String, in surroundings: Surroundings) throws -> ModelsPullOptions {
        guard case .modelsPull(let options) = try invocation("models pull " + words, in: surroundings) else {
            throw Unexpected(text: words)
        }
        return options
    }

    @Test func `pulls from the public hub into the user's own data`() throws {
        let options = try pull("a/b:Q4_K_M", in: surroundings(["HOME": "/home/me"]))
        #expect(options.reference == "a/b:Q4_K_M")
        #expect(options.hub == "https://huggingface.co")
        #expect(options.modelsDirectory == "/home/me/.local/share/millrace/models")
        #expect(!options.isQuiet)
    }

    @Test func `finds the models directory by flag, environment, file and the user's folders, in this order`()
        throws
    {
        var variables = ["HOME": "/h", "XDG_DATA_HOME": "relative"]
        let file = #"{"models_directory":"/file","hub":"https://file"}"#
        let flags = "a/b --config fleet.json"
        #expect(
            try pull("a/b", in: surroundings(variables)).modelsDirectory == "/h/.local/share/millrace/models"
        )
        variables["XDG_DATA_HOME"] = "/data"
        #expect(try pull("a/b", in: surroundings(variables)).modelsDirectory == "/data/millrace/models")
        #expect(try pull(flags, in: surroundings(variables, file: file)).modelsDirectory == "/file")
        variables["MILLRACE_MODELS_DIR"] = "/variable"
        #expect(try pull(flags, in: surroundings(variables, file: file)).modelsDirectory == "/variable")
        let all = try pull("--models-dir m a/b --quiet", in: surroundings(variables, file: file))
        #expect(all.modelsDirectory == "m")
        #expect(all.isQuiet)
    }

    @Test func `takes the hub that other programs take, unless it has one of its own`() throws {
        var variables = ["HOME": "/h", "HF_ENDPOINT": "https://mirror"]
        let file = #"{"hub":"https://file"}"#
        let filed = surroundings(variables, file: file)
        #expect(try pull("a/b --config fleet.json", in: filed).hub == "https://mirror")
        variables["MILLRACE_HUB"] = "https://own"
        #expect(try pull("a/b", in: surroundings(variables)).hub == "https://own")
        #expect(try pull("a/b --hub http://flag", in: surroundings(variables)).hub == "http://flag")
        #expect(
            complaint("models pull a/b", in: surroundings(["HF_ENDPOINT": "mirror"]))
                == "HF_ENDPOINT must be an address that begins with http:// or https://, not \"mirror\""
        )
    }

    @Test func `gives the models directory to every command that takes a MODEL`() throws {
        let surroundings = surroundings(["MILLRACE_MODELS_DIR": "/m"])
        guard case .inspect(let inspect) = try invocation("inspect tokenize a/b", in: surroundings),
            case .modelsInspect(let report) = try invocation("models inspect a/b --json", in: surroundings),
            case .modelsList(let list) = try invocation("models list", in: surroundings),
            case .worker(let worker) = try invocation(
                "worker --coordinator ipc:///c --model a/b",
                in: surroundings
            )
        else { throw Unexpected(text: "models") }
        let serve = try serveOptions("", in: surroundings)
        let directories = [
            inspect.modelsDirectory, report.modelsDirectory, list.modelsDirectory, worker.modelsDirectory,
            serve.modelsDirectory,
        ]
        #expect(directories.allSatisfy { $0 == "/m" })
        #expect(report.printsJSON && !list.printsJSON)
    }

    @Test func `does without a home where nothing is pulled`() throws {
        #expect(try serveOptions("").modelsDirectory == nil)
        #expect(complaint("models pull a/b") == "there is no place for models: set --models-dir or HOME")
    }

    @Test(arguments: [
        ("models", "millrace models needs what to do: list, pull, inspect, load, unload or status"),
        ("models pul a/b", "unknown command models pul; did you mean models pull?"),
        ("models pull", "millrace models pull needs one ORG/NAME, not 0"),
        ("models inspect a b", "millrace models inspect needs one MODEL, not 2"),
        ("models list a", "millrace models list takes options only, not \"a\""),
        ("models list --hub x", "millrace models list takes no --hub, only models pull does"),
        ("modls", "unknown command modls"),
    ])
    func `with a mistake is explained`(words: String, sentence: String) {
        #expect(complaint(words, in: surroundings(["HOME": "/h"])).hasPrefix(sentence))
    }

    @Test(arguments: ["models --help", "models -h", "help models"])
    func `alone is helped with a list`(words: String) throws {
        guard case .help(let text) = try invocation(words) else { throw Unexpected(text: words) }
        for command in Command.allCases where command.rawValue.hasPrefix("models ") {
            #expect(text.contains("\n  \(command) "))
        }
        #expect(!text.contains("serve"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
