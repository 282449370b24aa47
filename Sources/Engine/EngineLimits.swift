/// How much the engine takes on at once.
///
/// None of it changes a single token; all of it changes how long one waits.
public struct EngineLimits: Hashable, Sendable {
    /// Rows that one step computes at most: the next token of every running sequence first, prompts with what
    /// is left.
    ///
    /// With fewer rows than sequences, the most urgent sequences go first.
    public var rowsPerStep = 256
    /// Rows that one prompt gets in one step at most.
    ///
    /// 0 gives it all its rows at once, past `rowsPerStep` if need be.
    public var chunkRows = 256
    /// How long running streams may wait for prompts.
    public var pace = PaceLimits()
    /// Whether and how tokens are guessed ahead.
    public var speculation = Speculation()
    /// Sequences in the batch.
    public var sequences = 64
    /// Requests that may wait for their admission; the next one fails at once.
    public var waiting = 1024
    /// Admissions in one step.
    public var admissionsPerStep = 16
    /// How often one sequence may be made to stand aside for a more urgent one.
    public var pausesPerSequence = 2
    /// Tokens that it has at least between two pauses.
    public var tokensBetweenPauses = 64
    /// After this long it takes the next place, before anybody else, and keeps it.
    public var longestPause: Duration = .seconds(10)
    /// Tokens yet to be generated that `credit` sets aside for each sequence.
    ///
    /// More of them mean fewer preemptions, fewer mean a fuller batch.
    public var tokensSetAside = 256
    /// Whether what was computed is kept and shared by texts that begin alike.
    public var sharesPrefixes = true

    /// Memory for the logits of prompts whose tokens are told with how likely they were; a step computes no
    /// more of their rows, and one at least.
    public var scoredBytes = 32 << 20

    /// Bytes of all stop strings of one request; the automaton that looks for them takes forty times as much.
    public var stopBytes = 1 << 16

    public init() {}
}
