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
            self = .help(try words.first.map(Self.command).map(HelpText.help) ?? HelpText.overview)
        } else {
            let command = try Self.command(first)
            let arguments = try Arguments(words, for: command)
            guard !arguments.wantsHelp else {
                self = .help(HelpText.help(for: command))
                return
            }
            self = try Self.invocation(Settings(arguments, for: command, in: surroundings))
        }
    }

    private static func command(_ name: String) throws(UsageError) -> Command {
        if let command = Command(rawValue: name) { return command }
        let names = Command.allCases.map(\.rawValue)
        let hint = suggestion(for: name, among: names)
        throw UsageError("unknown command \(name)" + (hint.isEmpty ? "; millrace --help lists them" : hint))
    }

    private static func invocation(_ settings: Settings) throws(UsageError) -> Invocation {
        if ![.inspect, .bench].contains(settings.command), let extra = settings.positional.first {
            throw UsageError("millrace \(settings.command) takes options only, not \"\(extra)\"")
        }
        return switch settings.command {
        case .serve: .serve(try ServeOptions(settings))
        case .coordinator: .coordinator(try CoordinatorOptions(settings))
        case .edge: .edge(try EdgeOptions(settings))
        case .worker: .worker(try WorkerOptions(settings))
        case .chat: .chat(ChatOptions(settings))
        case .inspect: .inspect(try InspectOptions(settings))
        case .simulate: .simulate(SimulateOptions(settings))
        case .bench: .bench(try BenchOptions(settings))
        }
    }
}
