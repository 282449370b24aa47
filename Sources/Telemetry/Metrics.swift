/// The figures that a role keeps about itself, for a scraper to read.
///
/// A value that hands out counters, gauges and histograms under fixed labels; `labelled` hands out more under
/// further labels, and all of them are rendered together. Asking twice for the same name and labels gives the
/// same instrument. Get the instruments once and keep them: bumping one is an atomic addition, looking one up
/// takes a lock.
public struct Metrics: Sendable {
    /// Names and values of the labels that a figure carries.
    public typealias Labels = KeyValuePairs<String, String>

    /// What `rendered` is, as `Content-Type` says it.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let registry: MetricRegistry
    private let labels: [MetricLabel]

    public init(_ labels: Labels = [:]) {
        registry = MetricRegistry()
        self.labels = labels.map(MetricLabel.init)
    }

    private init(_ registry: MetricRegistry, _ labels: [MetricLabel]) {
        self.registry = registry
        self.labels = labels
    }

    /// The same metrics with further labels on whatever is created through them.
    public func labelled(_ labels: Labels) -> Metrics {
        Metrics(registry, self.labels + labels.map(MetricLabel.init))
    }

    /// Counts what happened since the start; the name ends in `_total`.
    public func counter(_ name: String, _ help: String, _ labels: Labels = [:]) -> Counter {
        registry.instrument(description(name, help), self.labels + labels.map(MetricLabel.init)) { Counter() }
    }

    /// Shows how much there is now.
    public func gauge(_ name: String, _ help: String, _ labels: Labels = [:]) -> Gauge {
        registry.instrument(description(name, help), self.labels + labels.map(MetricLabel.init)) { Gauge() }
    }

    /// Counts observations by size; `bounds` are the upper ends of its buckets, ascending.
    public func histogram(
        _ name: String,
        _ help: String,
        bounds: [Double],
        _ labels: Labels = [:]
    ) -> Histogram {
        registry.instrument(description(name, help), self.labels + labels.map(MetricLabel.init)) {
            Histogram(bounds: bounds)
        }
    }

    /// Everything in the Prometheus text format 0.0.4, families by name, their series in order of creation.
    public func rendered() -> String { registry.rendered() }

    private func description(_ name: String, _ help: String) -> MetricDescription {
        MetricDescription(name: name, help: help)
    }
}
