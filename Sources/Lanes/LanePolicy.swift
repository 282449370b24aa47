/// The numbers that lanes are run by.
public struct LanePolicy: Sendable {
    /// Jobs in one lane, over all models; one more is refused.
    public var capacity = 10_000
    /// Prompts in one lane, in bytes: ten thousand of the longest would be 40 GiB.
    public var capacityBytes = 1 << 30
    /// Tokens of service that high, normal and low get in one round while all are backlogged: 16 : 4 : 1.
    public var quanta: [UInt64] = [16 * 256, 4 * 256, 256]
    /// A low job that has waited this long moves up to normal.
    public var lowMaxWait: Duration = .seconds(900)
    /// Service of a job whose answer nobody limited, in tokens, until it is known.
    public var expectedAnswerTokens: UInt32 = 256
    /// Tokens per second that a model is taken to serve until it was measured.
    public var assumedRate = 20.0

    public init() {}
}
