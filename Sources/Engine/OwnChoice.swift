public import Contract

/// Tokens that come under a constraint only where the model, asked without it, would say one of them.
///
/// Whether it would is seen at the row itself, before anything of sampling or constraint touches it: a
/// function of the ids like the row, so a guess, another batch and another worker decide alike.
public struct OwnChoice: Hashable, Sendable {
    public var tokens: Set<TokenID>
    /// Only behind this one; nil wherever they come.
    public var marker: TokenID?

    public init(_ tokens: Set<TokenID>, behind marker: TokenID? = nil) {
        self.tokens = tokens
        self.marker = marker
    }
}
