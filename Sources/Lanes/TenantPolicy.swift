/// What a tenant may have of the machine when others want it too.
public struct TenantPolicy: Hashable, Sendable {
    public static let weights = 0.01...100.0
    public static let shares = 0.01...1.0

    /// How much service it gets for one unit of another's.
    public var weight: Double
    /// The part of a model's places that it may hold while others wait, one at least.
    public var share: Double

    public init(weight: Double = 1, share: Double = 0.6) {
        self.weight = min(max(weight, Self.weights.lowerBound), Self.weights.upperBound)
        self.share = min(max(share, Self.shares.lowerBound), Self.shares.upperBound)
    }

    /// What so much service, in thousandths of a token, moves its counter by.
    func counted(_ price: UInt64) -> UInt64 { UInt64(Double(price) / weight) }

    /// Leases that it may hold of so many, when the tenants that wait have these weights in all: its share, or
    /// what its own weight entitles it to if that is more.
    func cap(of slotCount: Int, among weights: Double) -> Int {
        max(1, Int(Double(slotCount) * max(share, min(1, weight / max(weight, weights)))))
    }
}
