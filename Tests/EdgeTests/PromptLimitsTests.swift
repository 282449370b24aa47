import Contract
import Dialects
import Testing

@testable import Edge

@Suite struct `The limit on prompts` {
    private func jobs(_ prompt: String, choices: Int) throws -> [Job] {
        let body = #"{"model":"m","n":\#(choices),"prompt":"\#(prompt)"}"#
        return try GenerationEndpoint.completions.plan(body: Array(body.utf8), headers: RequestHeaders()).jobs
    }

    @Test func `lets sixteen choices of a mebibyte pass`() throws {
        try PromptLimits.check(jobs(String(repeating: "a", count: 1 << 20), choices: 16))
    }

    @Test func `counts a prompt once for every choice, for each carries it`() throws {
        let jobs = try jobs(String(repeating: "a", count: 1 << 20 + 1), choices: 16)
        let error = #expect(throws: DialectError.self) { try PromptLimits.check(jobs) }
        #expect(error?.code == .tooLarge)
        try PromptLimits.check(Array(jobs.prefix(15)))
    }

    @Test func `holds for each prompt alone, as it is and as JSON`() throws {
        for text in [
            String(repeating: "a", count: 4 << 20 + 1), String(repeating: #"\u0001"#, count: 1 << 20 + 1),
        ] {
            let jobs = try jobs(text, choices: 1)
            let error = #expect(throws: DialectError.self) { try PromptLimits.check(jobs) }
            #expect(error?.code == .tooLarge)
        }
    }
}
