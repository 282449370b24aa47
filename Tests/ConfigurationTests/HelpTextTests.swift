import Configuration
import Testing

@Suite struct `A help text` {
    private func text(_ words: String) throws -> String {
        guard case .help(let text) = try invocation(words) else { throw Unexpected(text: words) }
        return text
    }

    @Test(arguments: ["", "--help", "-h", "help"])
    func `is printed when asked for`(words: String) throws {
        let text = try text(words)
        for command in Command.allCases { #expect(text.contains("\n  \(command.rawValue) ")) }
    }

    @Test(arguments: Command.allCases)
    func `fits a terminal of 80 columns and lists every option of its command`(command: Command) throws {
        let text = try text("\(command) --help")
        #expect(try self.text("help \(command)") == text)
        #expect(try self.text("\(command) -h") == text)
        for line in text.split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
        #expect(text.hasPrefix("Usage: millrace \(command)"))
    }

    @Test func `of the program fits a terminal of 80 columns`() throws {
        #expect(try text("").split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func `shows the default of the command at hand`() throws {
        for (command, sentence) in [("serve", "Default: f16."), ("inspect", "Default: f32.")] {
            let words = try text("\(command) --help").split(whereSeparator: \.isWhitespace)
            #expect(words.joined(separator: " ").contains(sentence))
        }
    }

    @Test func `is given even where something is missing`() throws {
        #expect(try text("coordinator --help").contains("--listen ENDPOINT"))
    }

    @Test(arguments: ["--version", "version"])
    func `is not in the way of the version`(words: String) throws {
        guard case .version = try invocation(words) else { throw Unexpected(text: words) }
    }
}
