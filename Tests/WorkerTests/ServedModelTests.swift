import Constraints
import Contract
import Engine
import Output
import TestSupport
import Testing
import Tokenizer

@testable import Worker

/// What a model that thinks may say under a constraint, from where its template leaves off.
@Suite struct `A served model` {
    private static let turns = "{% for m in messages %}{{ m.content }}{% endfor %}<|reply|>"

    /// The first tokens that may come behind some text, as a text of them; `$` stands for the end.
    private func mayCome(
        behind said: String,
        opens: String,
        _ change: (inout Job) -> Void
    ) throws -> String {
        let marks = "{# <tool_call> <think> #}"
        let folder = try EchoFolder(template: marks + Self.turns + opens, specials: ["<think>", "</think>"])
        let served = try ServedModel(path: folder.path, name: "echo")
        let context = """
            {"messages":[{"role":"user","content":"hi"}],"add_generation_prompt":true,"tools":[\
            {"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{}}}}]}
            """
        var job = Job(id: JobID(high: 0, low: 1), model: "echo", prompt: .chat(context: context))
        job.reading = OutputRules(callIDPrefix: "call_")
        change(&job)
        let prompt = try served.prepare(job)
        let constraint = try #require(prompt.constraint)
        var desk = ConstraintDesk()
        let cursor = desk.open(constraint)
        let ids = served.tokenizer.encode(said, addSpecialTokens: false, parseSpecialTokens: true)
        try desk.read(ids[...], cursor)
        let chosen = desk.choice(cursor)
        let choice = try #require(chosen)
        let allowed = (0..<TokenID(served.tokenizer.vocabularySize)).filter { choice.tokens.contains($0) }
        return allowed.count > 200
            ? "anything" + (choice.mayEnd ? "$" : "")
            : allowed.map { $0 < 256 ? String(UnicodeScalar(UInt8($0 == 198 ? 10 : $0))) : "T\($0)" }.joined()
                + (choice.mayEnd ? "$" : "")
    }

    @Test func `is held to a shape from where the thought ends that its template has begun`() throws {
        func choose(_ job: inout Job) { job.constraint = OutputConstraint(.choice, #"["yes","no"]"#) }
        #expect(try mayCome(behind: "", opens: "<think>\n", choose) == "anything")
        #expect(try mayCome(behind: "yes, hm", opens: "<think>\n", choose) == "anything")
        let answer = try mayCome(behind: "hm\n</think>\n\n", opens: "<think>\n", choose)
        #expect(
            answer.contains("y") && answer.contains("n") && !answer.contains("$") && !answer.contains("x")
        )
        #expect(try mayCome(behind: "hm</think>ye", opens: "<think>\n", choose) == "s")
    }

    @Test func `may think before it is held to a shape, where the request wants it to`() throws {
        func choose(_ job: inout Job) {
            job.constraint = OutputConstraint(.choice, #"["yes","no"]"#)
            job.reading?.thinkingBudget = 100
        }
        let first = try mayCome(behind: "", opens: "", choose)
        #expect(first.contains("y") && first.contains("n") && first.contains("T260") && !first.contains("x"))
        #expect(try mayCome(behind: "<think>", opens: "", choose) == "anything")
        #expect(try mayCome(behind: "<think>hm</think>n", opens: "", choose) == "o")
        func chooseUnthinking(_ job: inout Job) {
            choose(&job)
            job.reading?.thinkingBudget = 0
        }
        #expect(try !mayCome(behind: "", opens: "", chooseUnthinking).contains("T260"))
    }

    @Test(arguments: [true, false])
    func `may think unasked by the one token that opens a thought, if it would`(
        isSpecial: Bool
    ) throws {
        let folder = try EchoFolder(
            template: "{# <think> #}" + Self.turns,
            specials: isSpecial ? ["<think>", "</think>"] : [],
            added: isSpecial ? [] : ["<think>", "</think>"]
        )
        let served = try ServedModel(path: folder.path, name: "echo")
        let opener = try #require(served.tokenizer.id(of: "<think>"))
        func prepare(_ more: String) throws -> (prompt: PreparedPrompt, mayOpen: Bool, maySpell: Bool) {
            var job = Job(
                id: JobID(high: 0, low: 1),
                model: "echo",
                prompt: .chat(context: #"{"messages":[{"role":"user","content":"hi"}]\#(more)}"#)
            )
            job.reading = OutputRules(callIDPrefix: "call_")
            job.constraint = OutputConstraint(.choice, #"["yes","no"]"#)
            let prompt = try served.prepare(job)
            var desk = ConstraintDesk()
            let chosen = desk.choice(desk.open(try #require(prompt.constraint)))
            let choice = try #require(chosen)
            return (prompt, choice.tokens.contains(opener), choice.tokens.contains(0x3C))
        }
        let unasked = try prepare("")
        #expect(unasked.prompt.ownChoice == OwnChoice([opener]))
        #expect(unasked.mayOpen && !unasked.maySpell)
        let asked = try prepare(#","enable_thinking":true"#)
        #expect(asked.prompt.ownChoice == nil && asked.mayOpen && asked.maySpell != isSpecial)
        for more in [#","enable_thinking":false"#, #","reasoning_effort":"none""#] {
            let refused = try prepare(more)
            #expect(refused.prompt.ownChoice == nil && !refused.mayOpen && !refused.maySpell)
        }
    }

    @Test func `has to call behind its thought`() throws {
        func require(_ job: inout Job) { job.reading?.requiresCall = true }
        #expect(try mayCome(behind: "hm", opens: "<think>\n", require) == "anything")
        let call = "hm</think>\n<tool_call>\n{\"name\": \"look\", \"arguments\": {"
        #expect(try mayCome(behind: call, opens: "<think>\n", require).contains("}"))
        #expect(throws: ConstraintBreach.self) {
            try mayCome(behind: "hm</think>yes", opens: "<think>\n", require)
        }
        #expect(throws: ConstraintBreach.self) {
            try mayCome(behind: "hm</think><tool_call>{\"name\": \"fly", opens: "<think>\n", require)
        }
    }

    @Test func `is free under strict tools until it opens a call`() throws {
        func beStrict(_ job: inout Job) { job.reading?.strictTools = ["look"] }
        #expect(try mayCome(behind: "I look.", opens: "", beStrict) == "anything$")
        #expect(try mayCome(behind: "<think>hm</think>I look.", opens: "", beStrict) == "anything$")
        #expect(try mayCome(behind: "I look.\n<tool_call>{\"na", opens: "", beStrict) == "m")
    }

    @Test func `cannot be required to call where its output is not read`() throws {
        let folder = try EchoFolder(template: Self.turns)
        let served = try ServedModel(path: folder.path, name: "echo", output: .plain)
        var job = Job(id: JobID(high: 0, low: 1), model: "echo", prompt: .chat(context: #"{"messages":[]}"#))
        job.reading = OutputRules(callIDPrefix: "call_")
        job.reading?.requiresCall = true
        #expect(throws: Failure.self) { try served.prepare(job) }
    }
}
