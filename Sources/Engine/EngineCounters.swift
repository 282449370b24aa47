/// What the engine has done since it started, and what it holds now.
public struct EngineCounters: Hashable, Sendable {
    public var steps: UInt64 = 0
    public var generatedTokens: UInt64 = 0
    /// Rows computed of prompts, committed ids, and what preemption made the engine compute again.
    public var promptTokens: UInt64 = 0
    /// Rows of that kind that were found in the KV memory instead.
    public var reusedTokens: UInt64 = 0
    /// Tokens whose keys and values came from the tier.
    public var fetchedTokens: UInt64 = 0
    /// Sequences that lost their blocks to others.
    public var preemptions: UInt64 = 0
    /// Sequences that stood aside for a more urgent one.
    public var pauses: UInt64 = 0
    /// Those of them whose blocks the tier was given too.
    public var swaps: UInt64 = 0
    /// Sequences that stand aside now.
    public var paused = 0
    /// KV blocks that sequences use now, and those that are kept for texts that begin alike.
    public var usedBlocks = 0
    public var cachedBlocks = 0
    /// Cached blocks whose memory was wanted for something else.
    public var evictions: UInt64 = 0
    /// Tokens guessed ahead, and those of them that were right.
    public var proposedTokens: UInt64 = 0
    public var acceptedTokens: UInt64 = 0
    /// KV blocks that hold nothing, and the tokens that one holds.
    public var emptyBlocks = 0
    public var blockTokens = 0
    /// Rows that prompts lack whose streams have opened.
    public var promptRowsLeft = 0
    /// How fast prompts are expected to be computed, and by how many seconds one more stream makes a step
    /// longer; 0 while nothing was measured.
    public var promptRowsPerSecond = 0.0
    public var secondsPerStream = 0.0
    public var running = 0
    public var waiting = 0

    public init() {}
}
