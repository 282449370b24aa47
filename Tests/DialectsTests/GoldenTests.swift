import Contract
import Dialects
import JSON
import Testing

@Suite struct `A golden request` {
    @Test(arguments: GoldenCase.all()) func `becomes the jobs on file`(golden: GoldenCase) throws {
        try golden.expect(Array(try golden.plan().text.utf8), matches: "job.txt")
    }

    @Test(arguments: GoldenCase.all()) func `is answered with the bytes on file`(golden: GoldenCase) throws {
        let plan = try golden.plan()
        let reply = try golden.reply(to: plan)
        try golden.expect(reply, matches: plan.streams ? "reply.sse" : "reply.json")
        if !plan.streams { _ = try JSONValue(parsing: reply) }
    }

    @Test(arguments: GoldenCase.all(in: "invalid/")) func `that is wrong is refused as on file`(
        golden: GoldenCase
    )
        throws
    {
        let error = #expect(throws: DialectError.self) { try golden.plan() }
        let answer = try golden.endpoint.dialect.answer(to: try #require(error), requestID: "req_golden")
        var headers: JSONObject = [:]
        for field in answer.headers { headers[field.name] = .string(field.value) }
        let made: JSONObject = [
            "status": .integer(Int64(answer.status)), "headers": .object(headers),
            "body": try JSONValue(parsing: answer.body),
        ]
        try golden.expect(JSONValue.object(made).serialized + [UInt8(ascii: "\n")], matches: "refusal.json")
    }

    @Test func `exists in many kinds`() {
        #expect(GoldenCase.all().count >= 20)
        #expect(GoldenCase.all(in: "invalid/").count >= 20)
    }
}

extension GenerationPlan {
    /// Everything of a plan that is not a default, for people.
    var text: String {
        var lines = ["model \(model)", "lane \(lane.name)", "streams \(streams)", "needs seed \(needsSeed)"]
        for (index, job) in jobs.enumerated() {
            lines.append("job \(index)")
            if job.sampling != Sampling() { lines.append("  sampling \(job.sampling.text)") }
            if job.output != JobOutput() { lines.append("  output \(job.output.text)") }
            if job.limits != JobLimits() { lines.append("  limits \(job.limits.text)") }
            if let constraint = job.constraint {
                lines.append("  constraint \(constraint.kind) \(constraint.source)")
            }
            if let reading = job.reading, !reading.isUsual { lines.append("  reading \(reading.text)") }
            lines.append("  prompt \(job.prompt.text)")
        }
        return lines.joined(separator: "\n") + "\n" + tools.text + reasoning.text
    }
}

extension Sampling {
    fileprivate var text: String {
        let biases = bias.map { "\($0.token):\($0.bias)" }.joined(separator: ",")
        return
            "temperature=\(temperature) top_k=\(topK) top_p=\(topP) min_p=\(minP)"
            + " repetition=\(repetitionPenalty) presence=\(presencePenalty) frequency=\(frequencyPenalty)"
            + " bias=[\(biases)] seed=\(seed) choice=\(choice)"
            + (typicalP == 1 ? "" : " typical_p=\(typicalP)")
            + (allowedTokens.isEmpty ? "" : " allowed=\(allowedTokens)")
            + (badWords.isEmpty ? "" : " bad_words=\(badWords)")
    }
}

extension JobLimits {
    fileprivate var text: String {
        let most = maxTokens.map { "\($0)" } ?? "none"
        let timeout = timeoutMilliseconds.map { "\($0)" } ?? "none"
        return
            "max=\(most) stop=\(stop) stop_tokens=\(stopTokens)"
            + " ignores_end=\(ignoresEnd) timeout_ms=\(timeout)"
            + (minTokens == 0 ? "" : " min=\(minTokens)")
            + (promptTokens.map { " prompt_tokens=\($0)" } ?? "")
    }
}

extension JobOutput {
    fileprivate var text: String {
        "logprobs=\(logprobs.map { "\($0)" } ?? "none") stop=\(showsStop) special=\(showsSpecialTokens)"
            + (promptLogprobs.map { " prompt_logprobs=\($0)" } ?? "")
    }
}

extension OutputRules {
    fileprivate var isUsual: Bool {
        readsCalls && allowsSeveralCalls && thinkingBudget == nil && allowedTools == nil && !requiresCall
            && strictTools.isEmpty
    }

    fileprivate var text: String {
        let budget = thinkingBudget.map { "\($0)" } ?? "none"
        return "prefix=\(callIDPrefix) reads_calls=\(readsCalls) several_calls=\(allowsSeveralCalls)"
            + " thinking_budget=\(budget)" + demand
    }

    private var demand: String {
        (requiresCall ? " requires_call" : "")
            + (allowedTools.map { " allowed=[\($0.joined(separator: ","))]" } ?? "")
            + (strictTools.isEmpty ? "" : " strict=[\(strictTools.joined(separator: ","))]")
    }
}

extension Prompt {
    fileprivate var text: String {
        switch self {
        case .chat(let context): "chat \(context)"
        case .text(let text): "text \(JSONValue.string(text))"
        case .tokens(let ids): "tokens \(ids)"
        case .pair(let first, let second): "pair \(JSONValue.string(first)) \(JSONValue.string(second))"
        }
    }
}

extension ToolUse {
    /// Empty for a request that says nothing about tools.
    fileprivate var text: String {
        guard self != ToolUse() else { return "" }
        let names = tools.map { $0.isStrict ? "\($0.name)!" : $0.name }.joined(separator: ",")
        let callable = callable.map(\.name).joined(separator: ",")
        return
            "tools \(choice) of [\(names)] callable=[\(callable)] parallel=\(allowsParallelCalls)"
            + " functions=\(saysFunctions)\n"
    }
}

extension ReasoningUse {
    fileprivate var text: String {
        guard self != ReasoningUse() else { return "" }
        let wanted = isWanted.map { "\($0)" } ?? "none"
        let budget = budgetTokens.map { "\($0)" } ?? "none"
        return "reasoning wanted=\(wanted) effort=\(effort ?? "none") budget=\(budget) display=\(display)\n"
    }
}
