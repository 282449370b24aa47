public import Contract

/// The links of prompts, as an edge makes them: each follows from all bytes before it.
///
/// Keeps the keys of the scopes that it was asked for. About half a microsecond for a link and one for each
/// KiB of text, besides taking a chat's JSON apart.
public struct PromptChain: Sendable {
    /// Scopes whose keys are kept; more of them begin anew.
    private static let scopeLimit = 4096
    /// About three and a half bytes of text are a token.
    private static let bytesPerToken = 3.5

    public let secret: [UInt8]
    private let spacing: PromptChunks.Spacing
    private var keys: [String: LinkKey] = [:]

    /// Without a secret no prompt has links.
    public init(secret: [UInt8], spacing: PromptChunks.Spacing = PromptChunks.Spacing()) {
        self.secret = secret
        self.spacing = spacing
    }

    public mutating func links(of job: Job) -> [PromptLink] {
        guard job.task == .generate, job.limits.promptTokens == nil,
            let key = key(of: job.routing.prefixScope)
        else { return [] }
        return Self.links(of: PromptChunks(job.prompt, spacing), model: job.model, key)
    }

    private mutating func key(of scope: String) -> LinkKey? {
        if let known = keys[scope] { return known }
        guard let key = LinkKey(secret: secret, scope: scope) else { return nil }
        if keys.count >= Self.scopeLimit { keys = [:] }
        keys[scope] = key
        return key
    }

    private static func links(of chunks: PromptChunks, model: String, _ key: LinkKey) -> [PromptLink] {
        guard let maker = key.maker(), var last = maker.link(behind: .zero, Array(model.utf8)[...]) else {
            return []
        }
        var links: [PromptLink] = []
        links.reserveCapacity(chunks.cuts.count)
        var start = 0
        for (place, end) in chunks.cuts {
            guard let link = maker.link(behind: last, chunks.bytes[start..<end]) else { return [] }
            var tokens = Double(end) / bytesPerToken
            if case .tokens(let count) = place { tokens = Double(count) }
            links.append(PromptLink(link, tokens: UInt32(tokens)))
            last = link
            start = end
        }
        return links
    }
}
