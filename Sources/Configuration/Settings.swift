internal import JSON

/// The value of every option of one command, from wherever it was set last: flag, environment, file, default.
struct Settings {
    let command: Command
    let positional: [String]
    let surroundings: Surroundings
    private var values: [String: [OptionValue]] = [:]
    /// The file's section of tenants, and the file's name.
    private(set) var tenants: (file: String, section: JSONValue)?
    /// The same of models by name, and of those who may manage them.
    private(set) var models: (file: String, section: JSONValue)?
    private(set) var admin: (file: String, section: JSONValue)?

    init(_ arguments: Arguments, for command: Command, in surroundings: Surroundings) throws(UsageError) {
        self.command = command
        self.surroundings = surroundings
        positional = arguments.positional
        let options = Option.all.filter { $0.commands.contains(command) }
        for (option, text) in arguments.flags {
            values[option.name, default: []].append(try Self.read(text, of: option, named: option.flag))
        }
        for option in options where values[option.name] == nil { try takeVariable(option) }
        if let path = optionalText(.config) {
            let file = try ConfigFile(name: path, bytes: surroundings.file(path))
            tenants = file.tenants.map { (path, $0) }
            models = file.models.map { (path, $0) }
            admin = file.admin.map { (path, $0) }
            for option in options where values[option.name] == nil {
                values[option.name] = option.path.flatMap { file.values[$0] }
            }
        }
        for option in options where values[option.name] == nil {
            guard !option.required.contains(command) else { throw Self.missing(option, command) }
            values[option.name] = option.fallback(in: command).flatMap(option.kind.read).map { [$0] }
        }
    }

    private mutating func takeVariable(_ option: Option) throws(UsageError) {
        let variables = [option.variable, option.sharedVariable].compactMap { $0 }
        guard let variable = variables.first(where: { surroundings.variable($0)?.isEmpty == false }),
            let text = surroundings.variable(variable)
        else { return }
        let texts = option.isRepeatable ? text.split(separator: ",").map(String.init) : [text]
        values[option.name] = try texts.map { (text) throws(UsageError) in
            try Self.read(text, of: option, named: variable)
        }
    }

    private static func read(
        _ text: String,
        of option: Option,
        named name: String
    ) throws(UsageError) -> OptionValue {
        guard let value = option.kind.read(text) else {
            throw UsageError("\(name) must be \(option.kind.expectation), not \"\(text)\"")
        }
        return value
    }

    private static func missing(_ option: Option, _ command: Command) -> UsageError {
        UsageError("millrace \(command) needs \(option.flag) \(option.placeholder)")
    }
}

// MARK: - Typed access

extension Settings {
    func flag(_ option: Option) -> Bool {
        if case .flag(true) = values[option.name]?.last { true } else { false }
    }

    func optionalInteger(_ option: Option) -> Int? {
        if case .integer(let number) = values[option.name]?.last { number } else { nil }
    }

    func optionalNumber(_ option: Option) -> Double? {
        if case .number(let number) = values[option.name]?.last { number } else { nil }
    }

    func optionalText(_ option: Option) -> String? {
        if case .text(let text) = values[option.name]?.last { text } else { nil }
    }

    func integers(_ option: Option) -> [Int] {
        if case .integers(let numbers) = values[option.name]?.last { numbers } else { [] }
    }

    func integer(_ option: Option) -> Int { present(optionalInteger(option), option) }
    func number(_ option: Option) -> Double { present(optionalNumber(option), option) }
    func text(_ option: Option) -> String { present(optionalText(option), option) }

    func optionalEndpoint(_ option: Option) -> Endpoint? {
        if case .endpoint(let value) = values[option.name]?.last { value } else { nil }
    }

    func endpoint(_ option: Option) -> Endpoint { present(optionalEndpoint(option), option) }

    func endpoints(_ option: Option) -> [Endpoint] {
        if case .endpoints(let values) = values[option.name]?.last { values } else { [] }
    }

    func texts(_ option: Option) -> [String] {
        (values[option.name] ?? []).compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    func objects(_ option: Option) -> [JSONValue] {
        (values[option.name] ?? []).compactMap {
            if case .object(let object) = $0 { .object(object) } else { nil }
        }
    }

    func pairs(_ option: Option) -> [(name: String, value: String)] {
        (values[option.name] ?? []).compactMap {
            if case .pair(let name, let value) = $0 { (name, value) } else { nil }
        }
    }

    /// Where models are kept: beside other programs' data, as the XDG Base Directory Specification says.
    ///
    /// Nil for a user without a home.
    var modelsDirectory: String? {
        if let path = optionalText(.modelsDirectory) { return path }
        if let data = surroundings.variable("XDG_DATA_HOME"), data.hasPrefix("/") {
            return "\(data)/millrace/models"
        }
        return surroundings.variable("HOME").flatMap {
            $0.isEmpty ? nil : "\($0)/.local/share/millrace/models"
        }
    }

    /// Threads that compute.
    ///
    /// Other threads of the process need little of a CPU, and whom they interrupt keeps nobody waiting; but
    /// where there are many CPUs, one of them is not missed.
    var threadCount: Int {
        if let count = optionalInteger(.threads) { return count }
        let count = surroundings.processorCount
        return count > 4 ? count - 1 : max(1, count)
    }

    private func present<Value>(_ value: Value?, _ option: Option) -> Value {
        guard let value else {
            preconditionFailure(
                "\(option.flag) of millrace \(command) is neither required nor has it a default"
            )
        }
        return value
    }
}
