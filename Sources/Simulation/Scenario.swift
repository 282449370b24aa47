internal import Contract
internal import Lanes

/// What a history is about.
public enum Scenario: String, CaseIterable, Sendable {
    /// Clients of all kinds, while everything fails that can.
    case faults
    /// The same, with a coordinator that stands by, processes that drain, and clients that go on with their
    /// streams at another edge.
    case continuation
    /// Two tenants that want all they can get; the link of one of them breaks again and again.
    case equalTenants = "equal-tenants"
    /// The same two, one of which has three times the other's weight.
    case weightedTenants = "weighted-tenants"
    /// A tenant that asks now and then, beside another one like it.
    case quietNeighbour = "quiet-neighbour"
    /// The same beside one that asks a hundred times as much.
    case loudNeighbour = "loud-neighbour"
    /// High jobs now and then, and nothing else.
    case highAlone = "high-alone"
    /// The same while low jobs take all that there is.
    case highOverLow = "high-over-low"
    /// All three lanes want all that they can get.
    case everyLane = "every-lane"
    /// One tenant's jobs wait in line while workers die under them.
    case places
    /// Many prompts of which a few always begin alike; together they take most of the memory.
    case sharedPrefixes = "shared-prefixes"
    /// More models than there is memory for, one of which is damaged, and operators who command them.
    case placement
    /// The same while workers die and links break.
    case placementFaults = "placement-faults"

    /// Clients of one kind, each with one job at a time.
    struct Group {
        var tenant: String
        var model = FleetSimulation.model
        var lane = Lane.normal
        var edge = 0
        var count: Int
        /// Between a job's end and the next, in microseconds; nil for at once.
        var rest: ClosedRange<Int64>?
        var promptTokens = 4...12
        var answerTokens: ClosedRange<UInt32> = 6...14
    }

    var groups: [Group] {
        let now = Group(tenant: "a", count: 2, rest: 100_000...400_000)
        let high = Group(tenant: "h", lane: .high, edge: 1, count: 2, rest: 100_000...400_000)
        return switch self {
        case .faults, .continuation, .sharedPrefixes: []
        case .equalTenants, .weightedTenants:
            // Enough of them to last while the link is down.
            [Group(tenant: "a", count: 160), Group(tenant: "b", edge: 1, count: 60)]
        case .quietNeighbour: [now, Group(tenant: "b", edge: 1, count: 2, rest: 100_000...400_000)]
        case .loudNeighbour: [now, Group(tenant: "b", edge: 1, count: 200)]
        case .highAlone: [high]
        case .highOverLow: [high, Group(tenant: "l", lane: .low, count: 60, answerTokens: 20...50)]
        case .everyLane: Lane.allCases.map { Group(tenant: $0.name, lane: $0, count: 30) }
        case .places: [Group(tenant: "a", count: 40)]
        case .placement, .placementFaults:
            world.models.enumerated().map { number, model in
                var group = Group(tenant: model.name, model: model.name, edge: number % 2, count: 3)
                // Some are asked for all the time, others now and then.
                group.rest = number % 2 == 0 ? 10_000...60_000 : 600_000...2_500_000
                return group
            }
        }
    }

    /// Whether clients and faults are drawn, and not those of a workload.
    var isRandom: Bool { self == .faults || self == .continuation }

    /// When clients stop asking; what was asked before comes to its end.
    var asksUntil: Instant { Instant(microseconds: 12_000_000) }
    /// What was shown from here on counts: by then everybody has begun.
    var countsFrom: Instant { Instant(microseconds: 2_000_000) }

    var world: World {
        var world = World()
        guard !isRandom else { return world }
        world.sequences = 4
        world.blocks = 120
        world.lanes.capacity = 1000
        world.lanes.quanta = [256, 64, 16]
        world.lanes.localityTokens = 32
        world.lanes.lowMaxWait = .seconds(600)
        world.rowsPerStep = 64
        world.stepTime = 9_000...11_000
        world.preparation = 500...1500
        world.tokensPerEnd = 1_000_000
        if self == .weightedTenants { world.lanes.tenants["a"] = TenantPolicy(weight: 3) }
        if self == .quietNeighbour || self == .loudNeighbour { world.sequences = 8 }
        if self == .everyLane { world.sequences = 2 }
        if self == .sharedPrefixes { world.becomeWide() }
        if self == .placement || self == .placementFaults { world.offerModels() }
        return world
    }

    /// How often the first edge's link to the coordinator breaks, in microseconds.
    var breaks: ClosedRange<Int64>? {
        switch self {
        case .equalTenants, .weightedTenants: 200_000...700_000
        case .placementFaults: 1_000_000...3_000_000
        default: nil
        }
    }

    /// How often a worker dies.
    var deaths: ClosedRange<Int64>? {
        switch self {
        case .places: 300_000...900_000
        case .placementFaults: 400_000...2_000_000
        default: nil
        }
    }
}
