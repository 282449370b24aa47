/// The words behind the command, told apart.
struct Arguments {
    var flags: [(option: Option, value: String)] = []
    var positional: [String] = []
    var wantsHelp = false

    init(_ words: some Sequence<String>, for command: Command) throws(UsageError) {
        let options = Option.all.filter { $0.commands.contains(command) }
        var words = Array(words)[...]
        while let word = words.popFirst() {
            if word == "--" {
                positional += words
                return
            }
            if word == "--help" || word == "-h" {
                wantsHelp = true
            } else if word.hasPrefix("-") && word != "-" {
                try take(word, &words, options, command)
            } else {
                positional.append(word)
            }
        }
    }

    private mutating func take(
        _ word: String,
        _ rest: inout ArraySlice<String>,
        _ options: [Option],
        _ command: Command
    ) throws(UsageError) {
        let equals = word.firstIndex(of: "=")
        let flag = String(word[..<(equals ?? word.endIndex)])
        guard let option = options.first(where: { $0.flag == flag }) else {
            throw unknown(flag, options, command)
        }
        guard option.isRepeatable || !flags.contains(where: { $0.option.name == option.name }) else {
            throw UsageError("\(flag) is given twice")
        }
        if let equals {
            flags.append((option, String(word[word.index(after: equals)...])))
        } else if option.kind == .flag {
            flags.append((option, "true"))
        } else if let value = rest.first, !value.hasPrefix("--") {
            rest.removeFirst()
            flags.append((option, value))
        } else {
            throw UsageError("\(flag) needs a value: \(flag) \(option.placeholder)")
        }
    }

    private func unknown(_ flag: String, _ options: [Option], _ command: Command) -> UsageError {
        let others = Option.all.filter { $0.flag == flag }.flatMap(\.commands)
        guard others.isEmpty else {
            let owners = Command.allCases.filter(others.contains).map(\.rawValue)
            return UsageError("millrace \(command) takes no \(flag), only \(joined(owners))")
        }
        return UsageError("unknown option \(flag)" + suggestion(for: flag, among: options.map(\.flag)))
    }

    /// `a, b and c do`.
    private func joined(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return (words.first ?? "") + " does" }
        return words.dropLast().joined(separator: ", ") + " and \(last) do"
    }
}
