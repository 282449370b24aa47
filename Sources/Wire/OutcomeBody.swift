internal import Contract
internal import JSON

/// `error`, `refused`, `lost`, `declined` and `done` as JSON; the schemas have the same names.
enum OutcomeBody {
    static func error(_ code: ErrorCode, _ detail: String) -> JSONValue {
        ["code": .string(code.rawValue), "detail": MemberWriter.detail(detail)]
    }

    static func readError(_ members: Members) throws(FrameError) -> Message {
        .error(try members.word("code"), detail: try members.text("detail", atMost: WireLimits.detailBytes))
    }

    static func refused(_ job: JobID, _ attempt: Attempt, _ refusal: Refusal) -> JSONValue {
        var object = lease(job, attempt)
        object["code"] = .string(refusal.code.rawValue)
        object["detail"] = MemberWriter.detail(refusal.detail)
        object["retry_after_s"] = MemberWriter.optionalInteger(refusal.retryAfterSeconds)
        return .object(object)
    }

    static func readRefused(_ members: Members) throws(FrameError) -> Message {
        let refusal = Refusal(
            try members.word("code"),
            try members.text("detail", atMost: WireLimits.detailBytes),
            retryAfterSeconds: try members.optionalInteger("retry_after_s")
        )
        return .refused(try members.jobID("job"), try members.attempt(), refusal)
    }

    static func lost(_ job: JobID, _ attempt: Attempt, _ reason: LossReason) -> JSONValue {
        var object = lease(job, attempt)
        object["reason"] = .string(reason.rawValue)
        return .object(object)
    }

    static func readLost(_ members: Members) throws(FrameError) -> Message {
        .lost(try members.jobID("job"), try members.attempt(), try members.word("reason"))
    }

    static func declined(_ job: JobID, _ attempt: Attempt, _ decline: Decline) -> JSONValue {
        var object = lease(job, attempt)
        object["reason"] = .string(decline.reason.rawValue)
        object["prompt_tokens"] = MemberWriter.optionalInteger(decline.promptTokens)
        return .object(object)
    }

    static func readDeclined(_ members: Members) throws(FrameError) -> Message {
        let decline = Decline(
            try members.word("reason"),
            promptTokens: try members.optionalInteger("prompt_tokens")
        )
        return .declined(try members.jobID("job"), try members.attempt(), decline)
    }

    static func done(_ job: JobID, _ attempt: Attempt, _ outcome: LeaseOutcome) -> JSONValue {
        var object = lease(job, attempt)
        object["kind"] = .string(outcome.kind.rawValue)
        object["prompt_tokens"] = MemberWriter.integer(outcome.promptTokens)
        object["generated_tokens"] = MemberWriter.integer(outcome.generatedTokens)
        object["cached_tokens"] = MemberWriter.integer(outcome.cachedTokens)
        object["prompt_ms"] = MemberWriter.integer(outcome.promptMilliseconds)
        object["answer_ms"] = MemberWriter.integer(outcome.answerMilliseconds)
        return .object(object)
    }

    static func readDone(_ members: Members) throws(FrameError) -> Message {
        let outcome = LeaseOutcome(
            try members.word("kind"),
            promptTokens: try members.integer("prompt_tokens"),
            generatedTokens: try members.integer("generated_tokens"),
            cachedTokens: try members.integer("cached_tokens"),
            promptMilliseconds: try members.integer("prompt_ms"),
            answerMilliseconds: try members.integer("answer_ms")
        )
        return .done(try members.jobID("job"), try members.attempt(), outcome)
    }

    private static func lease(_ job: JobID, _ attempt: Attempt) -> JSONObject {
        ["job": .string(job.description), "attempt": MemberWriter.integer(attempt.rawValue)]
    }
}
