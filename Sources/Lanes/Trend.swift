/// A straight line through what was measured lately: how long something takes by how much it is.
///
/// Beyond the sizes that were seen it stays on the safe side only as far as they differed: from equal sizes
/// nothing is learned about larger ones, and so they are taken to cost the same.
struct Trend: Sendable {
    /// What a measurement keeps of its weight when the next one comes.
    private static let memory = 0.9

    private(set) var weight = 0.0
    private var x = 0.0
    private var y = 0.0
    private var xx = 0.0
    private var xy = 0.0

    mutating func note(_ size: Double, _ value: Double) {
        guard size.isFinite, value.isFinite, size >= 0, value >= 0 else { return }
        weight = weight * Self.memory + 1
        x = x * Self.memory + size
        y = y * Self.memory + value
        xx = xx * Self.memory + size * size
        xy = xy * Self.memory + size * value
    }

    /// Nil until a few measurements have come.
    func value(at size: Double) -> Double? {
        guard weight > 3 else { return nil }
        let (meanX, meanY) = (x / weight, y / weight)
        let variance = xx / weight - meanX * meanX
        // Less than that is rounding.
        guard variance > 1e-6 * max(1, meanX * meanX) else { return meanY }
        let slope = max(0, (xy / weight - meanX * meanY) / variance)
        return max(0, meanY + slope * (size - meanX))
    }
}
