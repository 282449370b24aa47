/// The numbers that lanes are run by.
public struct LanePolicy: Sendable {
    /// Jobs in one lane, over all models; one more is refused.
    public var capacity = 10_000
    /// Prompts in one lane, in bytes: ten thousand of the longest would be 40 GiB.
    public var capacityBytes = 1 << 30
    /// Tokens of service that high, normal and low get in one round while all are backlogged: 16 : 4 : 1.
    public var quanta: [UInt64] = [16 * 256, 4 * 256, 256]
    /// A low job that has waited this long moves up to normal, or half of the time that its deadline leaves
    /// if that is less.
    public var lowMaxWait: Duration = .seconds(900)
    /// Tokens of the answer of a job whose tenant has not had any yet.
    public var expectedAnswerTokens: UInt32 = 256
    /// Tokens per second that a model is taken to serve until it was measured.
    public var assumedRate = 20.0
    /// Tokens by which the tenant that is being served may get ahead of the next one: jobs of one tenant
    /// begin alike, and what one has computed serves those that come right behind it.
    public var localityTokens: UInt64 = 256
    /// Tokens by which a tenant's own jobs may get ahead of the one whose turn it is, where a worker with
    /// room holds what they begin with; other tenants wait no longer for it.
    public var neighbourTokens: UInt64 = 8192
    /// Those that have a policy of their own.
    public var tenants: [String: TenantPolicy] = [:]
    /// That of all others.
    public var otherTenants = TenantPolicy()
    /// The part of a worker's places and memory that low jobs leave free for what is more urgent.
    public var headroom = 0.1

    public init() {}

    func policy(of tenant: String) -> TenantPolicy { tenants[tenant] ?? otherTenants }
}
