import Telemetry
import Testing

@Suite struct `A set of metrics` {
    @Test func `is rendered by family with help, type and labels`() {
        let metrics = Metrics(["role": "edge"])
        metrics.counter("requests_total", "Requests taken.", ["route": "chat"]).increment(by: 3)
        metrics.counter("requests_total", "Requests taken.", ["route": "models"]).increment()
        metrics.labelled(["lane": "high"]).gauge("depth", "Jobs that wait.").set(2)
        #expect(
            metrics.rendered() == """
                # HELP depth Jobs that wait.
                # TYPE depth gauge
                depth{role="edge",lane="high"} 2
                # HELP requests_total Requests taken.
                # TYPE requests_total counter
                requests_total{role="edge",route="chat"} 3
                requests_total{role="edge",route="models"} 1

                """
        )
    }

    @Test func `takes over a total that somebody else counts`() {
        let metrics = Metrics()
        let jobs = metrics.counter("jobs_total", "Jobs.")
        jobs.advance(to: 41)
        jobs.advance(to: 42)
        #expect(jobs.value == 42)
        #expect(metrics.rendered().contains("# TYPE jobs_total counter\njobs_total 42\n"))
    }

    @Test func `shows a histogram cumulatively, with its sum and count`() {
        let metrics = Metrics()
        let waits = metrics.histogram("wait_seconds", "Time in the lane.", bounds: [0.5, 2])
        for value in [0.25, 0.5, 1, 4] { waits.observe(value) }
        waits.observe(.milliseconds(250))
        #expect(
            metrics.rendered() == """
                # HELP wait_seconds Time in the lane.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.5"} 3
                wait_seconds_bucket{le="2"} 4
                wait_seconds_bucket{le="+Inf"} 5
                wait_seconds_sum 6
                wait_seconds_count 5

                """
        )
    }

    @Test func `escapes what a label or a help text may hold`() {
        let metrics = Metrics()
        metrics.gauge("load", "A \\ and\na line.", ["model": "a\"b\\c\nd"]).set(0.5)
        #expect(
            metrics.rendered() == #"""
                # HELP load A \\ and\na line.
                # TYPE load gauge
                load{model="a\"b\\c\nd"} 0.5

                """#
        )
    }

    @Test func `writes numbers that are no numbers as Prometheus reads them`() {
        let metrics = Metrics()
        for (name, value) in [("a", Double.infinity), ("b", -.infinity), ("c", .nan), ("d", 1e300)] {
            metrics.gauge(name, "h").set(value)
        }
        let values = metrics.rendered().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(values == ["a +Inf", "b -Inf", "c NaN", "d 1e+300"])
    }

    @Test func `gives the same instrument for the same name and labels`() {
        let metrics = Metrics()
        metrics.counter("n_total", "h", ["a": "1"]).increment()
        metrics.labelled(["a": "1"]).counter("n_total", "h").increment()
        #expect(metrics.counter("n_total", "h", ["a": "1"]).value == 2)
    }

    @Test func `puts what is past the limit of series into one called other`() {
        let metrics = Metrics()
        for index in 0..<1010 { metrics.counter("n_total", "h", ["model": "m\(index)"]).increment() }
        let lines = metrics.rendered().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == 1001)
        #expect(lines.last == #"n_total{model="other"} 10"#)
    }

    @Test func `loses no increment of several threads`() async {
        let metrics = Metrics()
        let counter = metrics.counter("n_total", "h")
        let gauge = metrics.gauge("g", "h")
        let histogram = metrics.histogram("s", "h", bounds: [1])
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        gauge.add(1)
                        histogram.observe(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 4000)
        #expect(gauge.value == 4000)
        #expect(metrics.rendered().contains("s_count 4000\n"))
    }
}
