internal import Contract
internal import JSON

/// `submit` and `lease` as JSON; `schemas/submit.json`, `schemas/lease.json`.
enum SubmissionBody {
    static func json(_ submission: Submission) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "job": try JobBody.json(submission.job),
            "attempt": MemberWriter.integer(submission.attempt.rawValue),
            "committed": try MemberWriter.tokenIDs(
                "committed",
                submission.committed,
                atMost: WireLimits.committedTokens
            ),
            "waited_ms": MemberWriter.integer(submission.waitedMilliseconds),
        ]
        object["remaining_ms"] = MemberWriter.optionalInteger(submission.remainingMilliseconds)
        object["avoid"] = try MemberWriter.optionalNode("avoid", submission.avoid)
        object["fingerprint"] = try submission.fingerprint.map { text throws(FrameError) in
            try MemberWriter.text("fingerprint", text, atMost: WireLimits.fingerprintBytes)
        }
        object["revision"] = try submission.revision.map { text throws(FrameError) in
            try MemberWriter.text("revision", text, atMost: WireLimits.nameBytes)
        }
        if !submission.links.isEmpty { object["links"] = try LinksText.json(submission.links) }
        if !submission.told.isEmpty { object["told"] = try HandoverBody.json(submission.told) }
        if submission.takesOver { object["takes_over"] = true }
        return .object(object)
    }

    static func read(_ members: Members) throws(FrameError) -> Submission {
        var submission = Submission(
            job: try JobBody.read(try members.members("job")),
            attempt: try members.attempt(),
            committed: try members.tokenIDs("committed", atMost: WireLimits.committedTokens),
            remainingMilliseconds: try members.optionalInteger("remaining_ms"),
            waitedMilliseconds: try members.integer("waited_ms"),
            avoid: try members.optionalNode("avoid"),
            fingerprint: try members.optionalText("fingerprint", atMost: WireLimits.fingerprintBytes)
        )
        submission.revision = try members.optionalText("revision", atMost: WireLimits.nameBytes)
        submission.links = try LinksText.read("links", members)
        if members.has("told") { submission.told = try HandoverBody.readRecords("told", members) }
        if members.has("takes_over") { submission.takesOver = try members.flag("takes_over") }
        return submission
    }

    static func json(_ lease: Lease) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "index": try MemberWriter.counter("index", lease.index),
            "edge": try MemberWriter.node("edge", lease.edge),
            "token_endpoint": try MemberWriter.text(
                "token_endpoint",
                lease.tokenEndpoint,
                atMost: WireLimits.endpointBytes
            ),
            "submission": try json(lease.submission),
        ]
        object["fresh_tokens"] = MemberWriter.optionalInteger(lease.freshTokens)
        object["edge_epoch"] = lease.edgeEpoch.map { .string(String($0.rawValue)) }
        return .object(object)
    }

    static func readLease(_ members: Members) throws(FrameError) -> Lease {
        var lease = Lease(
            index: try members.counter("index"),
            edge: try members.node("edge"),
            tokenEndpoint: try members.text("token_endpoint", atMost: WireLimits.endpointBytes),
            submission: try read(try members.members("submission"))
        )
        lease.freshTokens = try members.optionalInteger("fresh_tokens")
        lease.edgeEpoch = try members.optionalEpoch("edge_epoch")
        return lease
    }
}
