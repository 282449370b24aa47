/// Whether and how tokens are guessed ahead, so that one step can confirm several of them.
///
/// None of it changes a token: what was guessed stands only where it is what would have been picked anyway.
public struct Speculation: Hashable, Sendable {
    public enum Source: String, CaseIterable, Sendable {
        /// Whatever there is, as far as it pays.
        case auto
        case off
        /// What followed the last tokens when they stood in the text before.
        case lookup
        /// What a smaller model says.
        case draft
    }

    public var source = Source.auto
    /// Tokens that are guessed ahead of one sequence at most.
    public var longestProposal = 8

    public init() {}

    var looksUp: Bool { (source == .auto || source == .lookup) && longestProposal > 0 }
    var drafts: Bool { (source == .auto || source == .draft) && longestProposal > 0 }
}
