import Dialects
import JSON
import Testing

@testable import Configuration

@Suite struct `What is volatile in prompts` {
    private func options(_ words: String, file: String = "{}") throws -> VolatileOptions? {
        let surroundings = surroundings(file: file)
        switch try invocation(words + " --config fleet.json", in: surroundings) {
        case .serve(let options): return options.volatile
        case .edge(let options): return options.volatile
        default: return nil
        }
    }

    @Test func `is what is built in unless it is told otherwise`() throws {
        let edge = "edge --coordinator ipc:///c --tokens ipc:///t"
        for words in ["serve", edge] {
            let options = try options(words)
            #expect(options?.hasDefaults == true && options?.rules == [])
        }
        #expect(try options("serve --volatile-defaults off")?.hasDefaults == false)
        #expect(try options("serve", file: #"{"volatile":{"defaults":"off"}}"#)?.hasDefaults == false)
    }

    @Test func `is told by rules, of the file and else of the command line`() throws {
        let both = #"{"name":"n","where":"any","pattern":"a+"},{"name":"m","enabled":false}"#
        let file = #"{"volatile":{"rules":[\#(both)]}}"#
        let rules = try #require(try options("serve", file: file)?.rules)
        #expect(rules.map(\.name) == ["n", "m"])
        #expect(rules[0].place == .any && rules[0].unit == .line && rules[0].pattern == "a+")
        #expect(!rules[1].isEnabled)
        let flag = #"serve --volatile-rule {"name":"o","what":"head","pattern":"b"}"#
        #expect(try options(flag, file: file)?.rules.map(\.name) == ["o"])
    }

    @Test(arguments: [
        (#"[1]"#, "fleet.json: volatile.rules[0] must be a JSON object, not 1"),
        (#"[{"name":"n"}]"#, #"volatile.rules[0] "n": needs a "pattern""#),
        (
            #"[{"name":"m","pattern":"a"},{"name":"n","pattern":"a","where":"tools"}]"#,
            #"volatile.rules[1] "n": "where" is "tools", it must be one of system, any"#
        ),
        (
            #"[{"name":"n","pattern":"[a"}]"#,
            #"volatile.rules "n": "pattern": a bracket is not closed, at character 2 of the regex"#
        ),
        (
            #"[{"name":"n","pattern":"a"},{"name":"n","pattern":"b"}]"#,
            "volatile.rules has two rules of one name"
        ),
    ])
    func `is refused at start where a rule is wrong, by its name`(rules: String, sentence: String) {
        let file = #"{"volatile":{"rules":\#(rules)}}"#
        #expect(complaint("serve --config fleet.json", in: surroundings(file: file)) == sentence)
    }
}
