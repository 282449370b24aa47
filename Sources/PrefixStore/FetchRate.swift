/// How fast prefixes come from the disk, as far as it was seen.
struct FetchRate: Hashable, Sendable {
    /// Before anything was seen: less than a solid-state disk, more than a spinning one.
    static let assumed = 500e6

    /// Seconds that even the shortest fetch takes, from the engine and back.
    private static let detour = 0.002

    private(set) var bytesPerSecond = FetchRate.assumed

    /// Half of what is believed is what was seen last.
    mutating func note(bytes: Int, in seconds: Double) {
        guard bytes > 0, seconds > 0 else { return }
        bytesPerSecond = (bytesPerSecond + Double(bytes) / seconds) / 2
    }

    /// Believes a little more again after each prefix that was passed over: one slow day of the disk must not
    /// be its last.
    mutating func noteSkip() { bytesPerSecond = min(bytesPerSecond * 1.1, max(bytesPerSecond, Self.assumed)) }

    func seconds(for bytes: Int) -> Double { Self.detour + Double(bytes) / bytesPerSecond }
}
