/// What `--help` prints, never wider than a terminal of 80 columns.
enum HelpText {
    static let width = 80

    /// The commands with a line each.
    static var overview: String {
        """
        Millrace answers the OpenAI and Anthropic APIs from models on your own CPU.

        Usage: millrace COMMAND [options]

        Commands:
        \(list(Command.allCases))

        First steps:
          millrace serve              serve the bundled demo model at port 8080
          millrace chat               talk to it from another terminal
          millrace COMMAND --help     the options of a command

        --version prints the version. README.md shows requests to try; ARCHITECTURE.md
        says how it works.

        """
    }

    /// The commands that share a first word.
    static func help(forGroup word: String) -> String {
        """
        Usage: millrace \(word) COMMAND [options]

        Commands:
        \(list(Command.group(word)))

        millrace \(word) COMMAND --help prints the options of a command.

        """
    }

    /// A line for each.
    private static func list(_ commands: [Command]) -> String {
        let column = (commands.map(\.rawValue.utf8.count).max() ?? 0) + 4
        return commands.map { row("  \($0)", $0.summary, column) }.joined(separator: "\n")
    }

    /// One command with its options.
    static func help(for command: Command) -> String {
        let options = Option.all.filter { $0.commands.contains(command) }
        let required = options.filter { $0.required.contains(command) }.map { "\($0.flag) \($0.placeholder)" }
        let words = ["Usage: millrace \(command)", command.arguments] + required + ["[options]"]
        let about =
            command.summary.prefix(1).uppercased() + command.summary.dropFirst() + ". " + command.details
        let lefts = options.map { "  \($0.flag) \($0.placeholder)" }
        let column = (lefts.map(\.utf8.count).max() ?? 0) + 2
        let rows = zip(lefts, options).map { row($0, $1.description(in: command), column) }
        let paragraphs = [
            words.filter { !$0.isEmpty }.joined(separator: " ").wrapped(indent: 7, width: width),
            about.wrapped(indent: 0, width: width),
            (["Options:"] + rows + [row("  --help", "Prints this text.", column)]).joined(separator: "\n"),
            sources(for: options).wrapped(indent: 0, width: width),
        ]
        return paragraphs.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    /// Where else options can be set.
    private static func sources(for options: [Option]) -> String {
        let pairs = options.compactMap { option in option.variable.map { (option.flag, $0) } }
        guard let (flag, variable) = pairs.first else { return "" }
        guard options.contains(where: { $0.name == Option.config.name }) else {
            return "Options can be set in the environment too: \(flag) is \(variable)."
        }
        return """
            Options can be set in the environment too (\(flag) is \(variable)) and in the file of --config, \
            whose keys schemas/config.json lists. Flags win over the environment, and the environment over \
            the file.
            """
    }

    /// `left`, then `right` in a column of its own.
    private static func row(_ left: String, _ right: String, _ column: Int) -> String {
        let body = (String(repeating: " ", count: column) + right).wrapped(indent: column, width: width)
        return left + body.dropFirst(left.utf8.count)
    }
}

extension Option {
    fileprivate func description(in command: Command) -> String {
        guard kind != .flag, !required.contains(command) else { return help }
        guard let words = fallback(in: command) ?? fallbackNote else { return help }
        return help + " Default: \(words)."
    }
}

extension String {
    /// Breaks each line at spaces so that none is wider than `width`; further lines start with `indent`
    /// spaces.
    fileprivate func wrapped(indent: Int, width: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let start = line.prefix { $0 == " " }
            var lines = [String(start)]
            var lineLength = start.count
            var isFirst = true
            for word in line.dropFirst(start.count).split(separator: " ") {
                if !isFirst && lineLength + 1 + word.count > width {
                    lines.append(String(repeating: " ", count: indent))
                    lineLength = indent
                    isFirst = true
                }
                lines[lines.count - 1] += isFirst ? String(word) : " " + word
                lineLength += word.count + (isFirst ? 0 : 1)
                isFirst = false
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
