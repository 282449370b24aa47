import Testing

@testable import Configuration

@Suite struct `The table of options` {
    @Test(arguments: Command.allCases)
    func `names no option of a command twice`(command: Command) {
        let options = Option.all.filter { $0.commands.contains(command) }
        #expect(Set(options.map(\.name)).count == options.count)
        let variables = options.compactMap(\.variable)
        #expect(Set(variables).count == variables.count)
    }

    @Test func `gives every key of the file to one option`() {
        let paths = Option.all.compactMap(\.path)
        #expect(Set(paths).count == paths.count)
    }

    @Test func `gives every variable to one option`() {
        let variables = Option.all.compactMap(\.variable)
        #expect(Set(variables).count == variables.count)
    }

    @Test(arguments: Option.all.map(\.name))
    func `has defaults that the option itself would take`(name: String) {
        for option in Option.all where option.name == name {
            for command in option.commands {
                guard let fallback = option.fallback(in: command) else { continue }
                #expect(option.kind.read(fallback) != nil)
            }
        }
    }

    @Test func `says in a sentence what each option does`() {
        for option in Option.all {
            #expect(option.help.first?.isUppercase == true && option.help.hasSuffix("."), "\(option.name)")
            #expect(option.placeholder.isEmpty == (option.kind == .flag), "\(option.name)")
            #expect(option.required.allSatisfy(option.commands.contains), "\(option.name)")
        }
    }
}
