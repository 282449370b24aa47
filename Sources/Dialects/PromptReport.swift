public import Contract

/// How much of a request's prompt was known already, and in which part of the request that ended.
public struct PromptReport: Hashable, Sendable {
    public var tokenCount: UInt32
    /// Those that were not computed for this request.
    public var reusedCount: UInt32
    /// Those of them that were read from disk.
    public var diskCount: UInt32
    /// Nil if there was no more to reuse, or where it is not known.
    public var divergence: PromptDivergence?

    public init(_ opening: StreamOpening, _ outline: PromptOutline) {
        tokenCount = opening.promptTokens
        reusedCount = opening.cachedTokens
        diskCount = min(opening.diskTokens, opening.cachedTokens)
        divergence = opening.reuseEnd.map(outline.divergence)
    }

    /// For the client: a dictionary of RFC 9651, such as `tokens=30120, reused=29984, diverged="tools"`.
    public var header: HttpField {
        var value = "tokens=\(tokenCount), reused=\(reusedCount)"
        if diskCount > 0 { value += ", disk=\(diskCount)" }
        if let divergence { value += ", diverged=\"\(divergence.name)\"" }
        return HttpField("x-millrace-prompt", value)
    }
}
