/// How much of answered requests is kept, and for how long; the one table of this target.
public struct ResponseStoreLimits: Hashable, Sendable {
    /// Of what was asked and answered; what was not used for longest goes first.
    public var bytes: Int
    public var count: Int
    /// Since it was last built upon.
    public var age: Duration
    /// Of one response.
    public var responseBytes: Int
    /// Responses of one conversation, and what they may hold together.
    public var conversationCount: Int
    public var conversationBytes: Int
    /// What may wait to be written before more is turned away.
    public var waitingBytes: Int
    /// Reads and writes that may wait.
    public var waitingCount: Int
    /// How long another process may keep the file to itself.
    public var patience: Duration

    public init(
        bytes: Int = 1 << 30,
        count: Int = 1_000_000,
        age: Duration = .seconds(30 * 86_400),
        responseBytes: Int = 64 << 20,
        conversationCount: Int = 4096,
        conversationBytes: Int = 32 << 20,
        waitingBytes: Int = 256 << 20,
        waitingCount: Int = 65_536,
        patience: Duration = .seconds(5)
    ) {
        self.bytes = bytes
        self.count = count
        self.age = age
        self.responseBytes = responseBytes
        self.conversationCount = conversationCount
        self.conversationBytes = conversationBytes
        self.waitingBytes = waitingBytes
        self.waitingCount = waitingCount
        self.patience = patience
    }

    /// For a store that lives in memory.
    public static let memory = ResponseStoreLimits(bytes: 256 << 20, count: 65_536)

    /// Between two looks for what is too old.
    static let sweepTime: Duration = .seconds(60)
}
