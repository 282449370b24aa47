internal import PrefixStore
internal import Telemetry

/// The figures of the prefixes on disk for `/metrics`.
struct PrefixGauges {
    private let segments: Gauge
    private let diskBytes: Gauge
    private let isWriting: Gauge
    private let fetchedPrefixes: Counter
    private let fetchedTokens: Counter
    private let fetchedBytes: Counter
    private let storedBytes: Counter
    private let skipped: Counter
    private let refused: Counter
    private let damaged: Counter

    init(_ metrics: Metrics) {
        segments = metrics.gauge("millrace_prefix_disk_segments", "Files of prefixes on disk.")
        diskBytes = metrics.gauge("millrace_prefix_disk_bytes", "Bytes of prefixes on disk.")
        isWriting = metrics.gauge(
            "millrace_prefix_disk_writable",
            "1 while prefixes are written to disk, 0 from a failure until that works again."
        )
        fetchedPrefixes = metrics.counter(
            "millrace_prefix_disk_hits_total",
            "Prefixes that were read from disk instead of being computed."
        )
        fetchedTokens = metrics.counter(
            "millrace_prefix_disk_read_tokens_total",
            "Tokens whose keys and values were read from disk."
        )
        fetchedBytes = metrics.counter("millrace_prefix_disk_read_bytes_total", "Bytes read from disk.")
        storedBytes = metrics.counter("millrace_prefix_disk_written_bytes_total", "Bytes written to disk.")
        skipped = metrics.counter(
            "millrace_prefix_disk_skipped_total",
            "Prefixes on disk that were computed, because that was faster."
        )
        refused = metrics.counter(
            "millrace_prefix_disk_refused_total",
            "Prefixes that were not written: too much was waiting, or there was no room."
        )
        damaged = metrics.counter(
            "millrace_prefix_disk_damaged_total",
            "Files of prefixes that were dropped because they were damaged or gone."
        )
    }

    func show(_ counters: PrefixCounters) {
        segments.set(counters.segments)
        diskBytes.set(counters.diskBytes)
        isWriting.set(counters.isWriting ? 1 : 0)
        fetchedPrefixes.advance(to: counters.fetchedPrefixes)
        fetchedTokens.advance(to: counters.fetchedTokens)
        fetchedBytes.advance(to: counters.fetchedBytes)
        storedBytes.advance(to: counters.storedBytes)
        skipped.advance(to: counters.skippedPrefixes)
        refused.advance(to: counters.refusedPrefixes)
        damaged.advance(to: counters.damagedSegments)
    }
}
