/// How a job's output is to be read by its worker, which knows how the model marks what it thinks and calls.
public struct OutputRules: Hashable, Sendable {
    /// In front of the ids of calls, for families that have no rule of their own; each API has its own.
    public var callIDPrefix: String
    /// False: what looks like a call is text, whatever tools the prompt shows.
    public var readsCalls = true
    /// False ends the generation with the first call.
    public var allowsSeveralCalls = true
    /// The tools of the prompt that may be called; nil for all of them.
    public var allowedTools: [String]?
    /// Whether the answer has to be calls, with arguments that satisfy the schemas of their tools.
    public var requiresCall = false
    /// Tools whose calls have to satisfy their schemas even where none has to come.
    public var strictTools: [String] = []
    /// Tokens that may be thought, after which the answer is forced to begin; nil is no limit.
    public var thinkingBudget: UInt32?

    public init(callIDPrefix: String) { self.callIDPrefix = callIDPrefix }
}
