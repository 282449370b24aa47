/// What a tenant may have of the machine when others want it too.
public struct TenantPolicy: Hashable, Sendable {
    public static let weights = 0.01...100.0
    public static let shares = 0.01...1.0

    /// How much service it gets for one unit of another's.
    public var weight: Double
    /// The part of a model's places that it may hold while others wait, one at least.
    ///
    /// Nil: 60 in a hundred, or a little more than its weight entitles it to.
    public var share: Double?

    private static let usualShare = 0.6
    /// What it may have ahead of its fair part, to make up for what it missed.
    private static let slack = 1.2

    public init(weight: Double = 1, share: Double? = nil) {
        self.weight = min(max(weight, Self.weights.lowerBound), Self.weights.upperBound)
        self.share = share.map { min(max($0, Self.shares.lowerBound), Self.shares.upperBound) }
    }

    /// What so much service, in thousandths of a token, moves its counter by.
    func counted(_ price: UInt64) -> UInt64 { UInt64(Double(price) / weight) }

    /// Leases that it may hold of so many, when the tenants that wait have these weights in all.
    func cap(of slotCount: Int, among weights: Double) -> Int {
        let fair = min(1, weight / max(weight, weights) * Self.slack)
        return max(1, Int(Double(slotCount) * (share ?? max(Self.usualShare, fair))))
    }
}
