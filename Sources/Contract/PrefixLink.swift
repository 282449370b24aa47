/// Stands for the beginning of a prompt up to some place: 128 bits that follow from every byte before it.
///
/// Made by the edge under a key of the tenant's own, so that who has no part in the key can neither guess a
/// link nor find out whether somebody else's prompt begins alike. It says nothing of tokens: what a link
/// comes to in tokens, its worker knows.
public struct PrefixLink: Hashable, Sendable, Comparable, CustomStringConvertible {
    public static let byteCount = 16
    public static let zero = PrefixLink(high: 0, low: 0)

    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public var description: String { JobID(high: high, low: low).description }

    /// Both halves are random: mixed they tell as much, and take half the time.
    public func hash(into hasher: inout Hasher) { hasher.combine(high ^ low) }

    public static func < (left: PrefixLink, right: PrefixLink) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Sums of links in which no order is left, and in which a link that comes twice is gone.
    public static func ^ (left: PrefixLink, right: PrefixLink) -> PrefixLink {
        PrefixLink(high: left.high ^ right.high, low: left.low ^ right.low)
    }
}

/// A link of one prompt, with about how many tokens stand before it.
public struct PromptLink: Hashable, Sendable {
    /// More of one prompt are not told.
    public static let countLimit = 512

    public var link: PrefixLink
    /// The edge's guess from the bytes.
    public var tokens: UInt32

    public init(_ link: PrefixLink, tokens: UInt32) {
        self.link = link
        self.tokens = tokens
    }
}

/// A beginning that a worker need not compute again.
public struct Holding: Hashable, Sendable {
    public enum Tier: UInt8, CaseIterable, Sendable {
        case memory = 0
        case disk = 1
    }

    public var link: PrefixLink
    /// How many it really has, in whole blocks.
    public var tokens: UInt32
    public var tier: Tier

    public init(_ link: PrefixLink, tokens: UInt32, tier: Tier = .memory) {
        self.link = link
        self.tokens = tokens
        self.tier = tier
    }
}

/// What happens to one holding.
public enum HoldingChange: Hashable, Sendable {
    /// It is there, or is there in another tier or with other tokens than before.
    case stored(Holding)
    case dropped(PrefixLink)

    public var link: PrefixLink {
        switch self {
        case .stored(let holding): holding.link
        case .dropped(let link): link
        }
    }
}

/// The next few changes of what a worker holds.
public struct HoldingsReport: Hashable, Sendable {
    /// More of them go into the next one.
    public static let changeLimit = 4096

    /// Counts the reports of the worker's life.
    public var sequence: UInt64
    /// Whatever was told before is void: all that there is follows.
    public var restarts: Bool
    public var changes: [HoldingChange]

    public init(sequence: UInt64, restarts: Bool = false, changes: [HoldingChange]) {
        self.sequence = sequence
        self.restarts = restarts
        self.changes = changes
    }
}

/// All that a worker holds in three numbers, for comparing books.
public struct HoldingsDigest: Hashable, Sendable {
    /// Of the last report.
    public var sequence: UInt64
    public var count: UInt32
    /// The sum of all links.
    public var sum: PrefixLink

    public init(sequence: UInt64 = 0, count: UInt32 = 0, sum: PrefixLink = .zero) {
        self.sequence = sequence
        self.count = count
        self.sum = sum
    }
}

/// What a worker is at, and how fast it is: absolute numbers, as with credit.
public struct WorkerLoad: Hashable, Sendable {
    /// The numbers account for all leases up to this index.
    public var includesLeases: UInt64
    public var models: [ModelLoad]

    public init(includesLeases: UInt64 = 0, models: [ModelLoad]) {
        self.includesLeases = includesLeases
        self.models = models
    }
}

/// The load of one model's engine.
public struct ModelLoad: Hashable, Sendable {
    public var model: String
    /// Tokens of prompts that are yet to be computed.
    public var promptTokens: UInt64
    /// Tokens of memory that hold nothing, not even something that could be used again.
    public var emptyTokens: UInt64
    /// How fast prompts are computed, in tokens a second; 0 while nobody knows.
    public var promptRate: Float
    /// By how many seconds one more stream makes every step longer; 0 while nobody knows.
    public var streamSeconds: Float

    public init(
        model: String,
        promptTokens: UInt64 = 0,
        emptyTokens: UInt64 = 0,
        promptRate: Float = 0,
        streamSeconds: Float = 0
    ) {
        self.model = model
        self.promptTokens = promptTokens
        self.emptyTokens = emptyTokens
        self.promptRate = promptRate
        self.streamSeconds = streamSeconds
    }
}
