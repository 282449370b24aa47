/// What `--help` prints, never wider than a terminal of 80 columns.
enum HelpText {
    static let width = 80

    /// The commands with a line each.
    static var overview: String {
        let names = Command.allCases.map(\.rawValue)
        let column = (names.map(\.utf8.count).max() ?? 0) + 4
        var text = "Millrace answers the OpenAI and Anthropic APIs from models on this machine's CPU.\n"
            .wrapped(indent: 0, width: width)
        text += "\nUsage: millrace COMMAND [options]\n\nCommands:\n"
        for command in Command.allCases {
            text += row("  " + command.rawValue, command.summary, column)
        }
        text += "\nFirst steps:\n"
        text += "  millrace serve              serve the bundled demo model at port 8080\n"
        text += "  millrace chat               talk to it from another terminal\n"
        text += "  millrace COMMAND --help     the options of a command\n"
        text += "\n--version prints the version. README.md shows requests to try; ARCHITECTURE.md\n"
        text += "says how it works.\n"
        return text
    }

    /// One command with its options.
    static func help(for command: Command) -> String {
        let options = Option.all.filter { $0.commands.contains(command) }
        let usage =
            ["millrace", command.rawValue, command.arguments]
            + options.filter { $0.required.contains(command) }
            .map { "\($0.flag) \($0.placeholder)" }
        var text = "Usage: " + usage.filter { !$0.isEmpty }.joined(separator: " ") + " [options]\n"
        text = text.wrapped(indent: 7, width: width)
        text +=
            "\n"
            + "Millrace \(command): \(command.summary). \(command.details)".wrapped(indent: 0, width: width)
        text += "\n\nOptions:\n"
        let lefts = options.map { "  \($0.flag) \($0.placeholder)" }
        let column = min(28, (lefts.map(\.utf8.count).max() ?? 0) + 2)
        for (left, option) in zip(lefts, options) {
            text += row(left, option.description(in: command), column)
        }
        text += row("  --help", "Prints this text.", column)
        text += "\n" + sources(for: options).wrapped(indent: 0, width: width) + "\n"
        return text
    }

    private static func sources(for options: [Option]) -> String {
        guard let example = options.first(where: { $0.variable != nil }), let variable = example.variable
        else {
            return ""
        }
        guard options.contains(where: { $0.name == Option.config.name }) else {
            return "Options can be set in the environment too: \(example.flag) is \(variable)."
        }
        return
            "Options can be set in the environment too (\(example.flag) is \(variable)) and in the file of "
            + "--config, whose keys schemas/config.json lists. Flags win over the environment, and the environment "
            + "over the file."
    }

    /// `left`, then `right` in a column of its own.
    private static func row(_ left: String, _ right: String, _ column: Int) -> String {
        let body = (String(repeating: " ", count: column) + right).wrapped(indent: column, width: width)
        guard left.utf8.count + 2 <= column else { return left + "\n" + body + "\n" }
        return left + body.dropFirst(left.utf8.count) + "\n"
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
    /// Breaks each line at spaces so that none is wider than `width`; further lines start with `indent` spaces.
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
