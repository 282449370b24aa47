/// Names one job, and with it the one token stream that the job produces.
///
/// 128 random bits drawn by the edge, so that nobody can guess the stream of somebody else.
public struct JobID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 32 lower-case hexadecimal digits that `description` writes; anything else is nil.
    ///
    /// Takes one concrete type: a generic one would run unspecialized in other targets, once for every frame.
    public init?(_ text: String) {
        guard text.utf8.count == 32 else { return nil }
        self.init(high: 0, low: 0)
        for byte in text.utf8 {
            guard let digit = hexDigit(byte) else { return nil }
            high = high << 4 | low >> 60
            low = low << 4 | digit
        }
    }

    public var description: String { hexadecimal(high) + hexadecimal(low) }

    /// Both halves are random: mixed they tell as much, and take half the time.
    public func hash(into hasher: inout Hasher) { hasher.combine(high ^ low) }

    public static func < (left: JobID, right: JobID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Names one process of the fleet: its ZeroMQ routing id.
///
/// It survives a restart; the boot epoch does not.
public struct NodeID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The longest name, in bytes; ZeroMQ allows 255.
    public static let maximumLength = 64

    public var name: String

    public init(_ name: String) { self.name = name }

    /// Whether the name may cross a link: 1 to 64 letters, digits, dots, underscores and hyphens of ASCII.
    public var isWellFormed: Bool {
        (1...Self.maximumLength).contains(name.utf8.count) && name.utf8.allSatisfy(isNameByte)
    }

    public var description: String { name }

    public static func < (left: NodeID, right: NodeID) -> Bool { left.name < right.name }
}

/// Tells one life of a process from the next: random at every start.
public struct BootEpoch: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Counts how often a job has been put up for lease.
///
/// A higher attempt fences every lower one.
///
/// Written by the edge that owns the job, and by nobody else: it alone knows what its client has seen.
public struct Attempt: RawRepresentable, Hashable, Sendable, Comparable {
    public static let first = Attempt(rawValue: 1)

    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public var next: Attempt { Attempt(rawValue: rawValue &+ 1) }

    public static func < (left: Attempt, right: Attempt) -> Bool { left.rawValue < right.rawValue }
}

/// A token of a model's vocabulary.
public typealias TokenID = UInt32

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
}

private func hexDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
}

private func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
