/// What the user asked for.
public enum Invocation: Sendable {
    /// To be printed on standard output.
    case help(String)
    case version
    case serve(ServeOptions)
    case coordinator(CoordinatorOptions)
    case edge(EdgeOptions)
    case worker(WorkerOptions)
    case chat(ChatOptions)
    case modelsList(ModelsListOptions)
    case modelsPull(ModelsPullOptions)
    case modelsInspect(ModelsInspectOptions)
    case modelsManage(ModelsManageOptions)
    case keysNode(KeysNodeOptions)
    case inspect(InspectOptions)
    case simulate(SimulateOptions)
    case bench(BenchOptions)

    /// Reads the words behind the program's name.
    public init(parsing words: [String], in surroundings: Surroundings = .current) throws(UsageError) {
        var words = words[...]
        guard let first = words.popFirst(), !["--help", "-h"].contains(first) else {
            self = .help(HelpText.overview)
            return
        }
        if first == "--version" || first == "version" {
            self = .version
        } else if first == "help" {
            self = .help(try Self.help(words))
        } else if Command(rawValue: first) == nil, !Command.group(first).isEmpty,
            words.first.map({ ["--help", "-h"].contains($0) }) == true
        {
            self = .help(HelpText.help(forGroup: first))
        } else {
            let command = try Self.command(first, &words)
            let arguments = try Arguments(words, for: command)
            guard !arguments.wantsHelp else {
                self = .help(HelpText.help(for: command))
                return
            }
            self = try Self.invocation(Settings(arguments, for: command, in: surroundings))
        }
    }

    /// The command that begins with `first`, whose further word is taken from `words`.
    private static func command(
        _ first: String,
        _ words: inout ArraySlice<String>
    ) throws(UsageError) -> Command {
        if let second = words.first, let command = Command(rawValue: "\(first) \(second)") {
            words.removeFirst()
            return command
        }
        if let command = Command(rawValue: first) { return command }
        let group = Command.group(first).map(\.rawValue)
        var name = first
        if !group.isEmpty {
            let members = group.map { String($0.dropFirst(first.count + 1)) }
            guard let second = words.popFirst() else {
                throw UsageError("millrace \(first) needs what to do: \(alternatives(members))")
            }
            name += " " + second
        }
        let names = group.isEmpty ? Command.allCases.map(\.rawValue) : group
        let hint = suggestion(for: name, among: names)
        throw UsageError("unknown command \(name)" + (hint.isEmpty ? "; millrace --help lists them" : hint))
    }

    private static func help(_ words: ArraySlice<String>) throws(UsageError) -> String {
        var words = words
        guard let first = words.popFirst() else { return HelpText.overview }
        if words.isEmpty, Command(rawValue: first) == nil, !Command.group(first).isEmpty {
            return HelpText.help(forGroup: first)
        }
        return HelpText.help(for: try command(first, &words))
    }

    private static func invocation(_ settings: Settings) throws(UsageError) -> Invocation {
        if settings.command.arguments.isEmpty, let extra = settings.positional.first {
            throw UsageError("millrace \(settings.command) takes options only, not \"\(extra)\"")
        }
        return switch settings.command {
        case .serve: .serve(try ServeOptions(settings))
        case .coordinator: .coordinator(try CoordinatorOptions(settings))
        case .edge: .edge(try EdgeOptions(settings))
        case .worker: .worker(try WorkerOptions(settings))
        case .chat: .chat(ChatOptions(settings))
        case .modelsList: .modelsList(ModelsListOptions(settings))
        case .modelsPull: .modelsPull(try ModelsPullOptions(settings))
        case .modelsInspect: .modelsInspect(try ModelsInspectOptions(settings))
        case .modelsLoad, .modelsUnload, .modelsStatus: .modelsManage(try ModelsManageOptions(settings))
        case .keysNode: .keysNode(try KeysNodeOptions(settings))
        case .inspect: .inspect(try InspectOptions(settings))
        case .simulate: .simulate(SimulateOptions(settings))
        case .bench: .bench(.load(try LoadBenchOptions(settings)))
        case .benchCoordinator: .bench(.coordinator(CoordinatorBenchOptions(settings)))
        case .benchEdge: .bench(.edge(try EdgeBenchOptions(settings)))
        case .benchEngine: .bench(.engine(try EngineBenchOptions(settings)))
        case .benchKernels: .bench(.kernels(KernelBenchOptions(settings)))
        case .benchMachine: .bench(.machine(MachineBenchOptions(settings)))
        case .benchCurve: .bench(.curve(try CurveBenchOptions(settings)))
        }
    }
}
