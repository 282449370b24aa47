internal import EventLoop
internal import Contract
internal import Telemetry

/// Tells the operator how far a model has been loaded, about once a second; of a quick load nothing.
///
/// Belongs to the thread that loads.
final class LoadingProgress {
    private static let interval = Duration.seconds(1)

    private let model: String
    private let log: Log
    private var told: Instant

    init(model: String, log: Log) {
        self.model = model
        self.log = log
        told = EventLoop.monotonicNow()
    }

    /// `fraction` of the weights is in memory.
    func report(_ fraction: Double) {
        let now = EventLoop.monotonicNow()
        guard now - told >= Self.interval else { return }
        told = now
        log.info(
            "loading",
            ["model": LogValue(model), "percent": LogValue(Int((fraction * 100).rounded(.down)))]
        )
    }
}
