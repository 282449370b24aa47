public import Contract

/// Says something about a peer once per interval, however often it happens.
///
/// A pure value for the role that owns it. It remembers at most `capacity` keys: when more peers than that
/// misbehave at once, the further ones are silent until intervals of others have passed. Room is made once
/// per interval, so a flood of keys costs a look-up each.
public struct RateLimit<Key: Hashable & Sendable>: Sendable {
    private struct Window {
        var opened: Instant
        var suppressedCount: UInt64
    }

    private let interval: Duration
    private let capacity: Int
    private var windows: [Key: Window] = [:]
    private var swept = Instant.zero

    public init(once interval: Duration = .seconds(60), capacity: Int = 1024) {
        self.interval = interval
        self.capacity = capacity
    }

    /// How many times `key` was held back since it last spoke; nil: be silent now too.
    public mutating func permit(_ key: Key, at now: Instant) -> UInt64? {
        if let window = windows[key] {
            guard now - window.opened >= interval else {
                windows[key]?.suppressedCount += 1
                return nil
            }
            windows[key] = Window(opened: now, suppressedCount: 0)
            return window.suppressedCount
        }
        if windows.count >= capacity {
            guard now - swept >= interval else { return nil }
            swept = now
            windows = windows.filter { now - $0.value.opened < interval }
            guard windows.count < capacity else { return nil }
        }
        windows[key] = Window(opened: now, suppressedCount: 0)
        return 0
    }
}
