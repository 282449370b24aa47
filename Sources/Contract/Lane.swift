/// The three queues that a job can wait in, best first.
public enum Lane: UInt8, CaseIterable, Sendable, Comparable {
    case high = 0
    case normal = 1
    case low = 2

    public init?(name: some StringProtocol) {
        guard let lane = Lane.allCases.first(where: { $0.name == name }) else { return nil }
        self = lane
    }

    public var name: String {
        switch self {
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }

    /// Orders by urgency: `high` comes before `low`.
    public static func < (left: Lane, right: Lane) -> Bool { left.rawValue < right.rawValue }
}
