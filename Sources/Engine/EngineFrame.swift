internal import Contract

/// What every sequence of one engine has in common.
struct EngineFrame: Sendable {
    var endTokens: Set<TokenID>
    /// The model's context or the pool's size, whichever holds less.
    var tokenLimit: Int
    var contextTokens: Int
    var blockTokens: Int
    var vocabularySize: Int
}
