internal import Contract

/// How long running streams may wait for prompts.
public struct PaceLimits: Hashable, Sendable {
    /// Longest time between two tokens of a running stream while prompts come in.
    ///
    /// Nil: relative to what the gap would be without prompts.
    public var longestGap: Duration?

    public init() {}
}

/// Decides how many rows of prompts a step may have, so that the streams that run do not stand still.
///
/// A step with prompts may take 1.4 times as long as one without: one long prompt does not slow down those
/// who read. When many wait for their first token, it may take longer: the waiting then get more of the time
/// than the running, up to a gap that is still bearable. With no stream running, a step is as large as its
/// limits allow.
///
/// None of it changes a token. It asks for no time: who runs the steps tells how long they took.
struct StepPacer: Sendable {
    /// What a step with prompts may take, in times of one without, and what it may take to fill a tile.
    private static let stretch = 1.4
    private static let stretchOfTile = 1.6
    /// Time that a waiting prompt gets for one that each running stream gets, beyond those that are a
    /// quarter of the streams.
    private static let promptWeight = 4.0
    private static let patientShare = 0.25
    /// Microseconds that many prompts may stretch a gap to.
    private static let bearableGap = 200_000.0
    /// Rows that the kernels compute together: a step with a part of them costs about as much as with all.
    private static let rowsPerTile = 4
    /// Rows with which a step's fixed price no longer counts.
    static let worthwhileRows = 64
    /// Of a prompt, for telling how fast they are computed.
    private static let usualRows = 256
    /// One step in so many goes without prompts, which tells again what the streams cost alone.
    private static let stepsPerProbe = 16

    private let limits: PaceLimits
    private(set) var forecast = StepForecast()
    /// Steps since one that streams had for themselves.
    private var sharedSteps = 0
    /// Rows that prompts had beside streams lately.
    ///
    /// They may have about twice as many next: a forecast for a kind of step that was not seen for a while is
    /// tried out before it is relied on.
    private var recentRows = 0

    init(_ limits: PaceLimits) { self.limits = limits }

    mutating func note(_ size: StepSize, took duration: Duration) {
        forecast.note(size, took: duration)
        let isShared = size.streams > 0 && size.promptRows > 0
        sharedSteps = isShared ? sharedSteps + 1 : 0
        recentRows = isShared ? size.promptRows : recentRows / 2
    }

    /// Rows that prompts may have in a step that continues `streams`; nil while nothing is known yet.
    ///
    /// One at least in nearly every step, so that every prompt comes to its end. `computed` of the first
    /// prompt are behind it already, its rows are wanted as logits if it `isScored`, and `waiting` prompts
    /// wait in all.
    func promptRows(
        beside streams: StepSize,
        computed: Int,
        isScored: Bool = false,
        waiting: Int
    ) -> Int? {
        guard forecast.isSettled else { return nil }
        guard sharedSteps < Self.stepsPerProbe else { return 0 }
        let normal = forecast.time(of: streams)
        var step = streams
        step.addPrompt(1, computed: computed, wanted: isScored ? 1 : 0)
        let price = forecast.time(of: step) - normal
        guard normal > 0, price > 0 else { return nil }
        let most = Double(2 * recentRows + Self.rowsPerTile)
        let room = max(1, Int(min((gap(normal, streams.streams, waiting) - normal) / price, most)))
        let tile = Self.rowsPerTile - streams.rows % Self.rowsPerTile
        guard room < tile else { return room - (streams.rows + room) % Self.rowsPerTile }
        let fits = limits.longestGap == nil && price * Double(tile) <= normal * (Self.stretchOfTile - 1)
        return fits ? tile : room
    }

    /// How fast a prompt of usual size is expected to be computed; 0 while nothing was measured.
    var promptRowsPerSecond: Double {
        var size = StepSize()
        size.addPrompt(Self.usualRows, computed: Self.usualRows, wanted: 1)
        let time = forecast.time(of: size)
        return time > 0 ? Double(Self.usualRows) * 1_000_000 / time : 0
    }

    /// By how many seconds one more stream makes a step longer that has so many.
    func secondsPerStream(beside count: Int) -> Double {
        var size = StepSize()
        for _ in 0..<max(1, count) { size.addStream(computed: Self.usualRows) }
        let before = forecast.time(of: size)
        size.addStream(computed: Self.usualRows)
        return max(0, forecast.time(of: size) - before) / 1_000_000
    }

    private func gap(_ normal: Double, _ running: Int, _ waiting: Int) -> Double {
        if let longest = limits.longestGap { return Double(longest.microseconds) }
        let least = normal * Self.stretch
        let crowd = Double(waiting) / Double(max(1, running)) - Self.patientShare
        let fair = normal * (1 + Self.promptWeight * crowd)
        return max(least, min(fair, Self.bearableGap))
    }
}
