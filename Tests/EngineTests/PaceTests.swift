import Contract
import Engine
import Testing
import Transformer

/// An engine on a machine with prices, where time is counted and not waited for.
@Suite struct `Streams and prompts` {
    /// When each job's tokens came.
    private final class Course {
        private let clock = VirtualClock()
        private let run: EngineRun
        private(set) var times: [JobID: [Duration]] = [:]

        init(_ change: (inout EngineLimits) -> Void = { _ in }) {
            var shape = ScriptedModel.Shape()
            shape.contextTokens = 8192
            shape.blockCount = 4096
            var limits = EngineLimits()
            limits.speculation.source = .off
            change(&limits)
            run = EngineRun(
                TimedModel(ScriptedModel(shape), clock),
                limits,
                clock: clock,
                isAudited: false
            )
        }

        var now: Duration { clock.elapsed }
        var hasWork: Bool { run.hasWork }

        func submit(_ number: Int, promptCount: Int, maxTokens: UInt32 = 40) {
            run.submit(request(number, promptCount: promptCount, maxTokens: maxTokens))
        }

        func step() {
            for record in run.step() {
                times[record.job, default: []] += record.ids.map { _ in clock.elapsed }
            }
        }

        func finish() { while hasWork { step() } }

        func firstToken(_ number: Int) -> Duration { times[JobID(number)]?.first ?? .zero }

        /// The longest gap that one of these jobs had after `start`.
        func longestGap(_ numbers: Range<Int>, after start: Duration) -> Duration {
            numbers.map { number -> Duration in
                let times = (times[JobID(number)] ?? []).filter { $0 >= start }
                return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
            }
            .max() ?? .zero
        }
    }

    /// Four streams, and a while later a prompt of 2,000 tokens.
    private func arrival(
        _ change: (inout EngineLimits) -> Void = { _ in }
    ) -> (
        course: Course, arrived: Duration, normal: Duration
    ) {
        let course = Course(change)
        for number in 0..<4 { course.submit(number, promptCount: 100 + number, maxTokens: 2000) }
        while course.firstToken(3) == .zero { course.step() }
        let began = course.now
        for _ in 0..<50 { course.step() }
        let normal = course.longestGap(0..<4, after: began)
        let arrived = course.now
        course.submit(9, promptCount: 2000, maxTokens: 1)
        while course.firstToken(9) == .zero { course.step() }
        return (course, arrived, normal)
    }

    @Test func `go on together when a long prompt comes in`() {
        let (course, arrived, normal) = arrival()
        let gap = course.longestGap(0..<4, after: arrived)
        #expect(gap <= normal * 1.7, "\(gap), and \(normal) before")
        // Four seconds alone: streams that go on cost it some, and the small steps.
        #expect(course.firstToken(9) - arrived < .seconds(25), "\(course.firstToken(9) - arrived)")
    }

    @Test func `keep to the gap that was asked for`() {
        let (course, arrived, _) = arrival { $0.pace.longestGap = .milliseconds(100) }
        let gap = course.longestGap(0..<4, after: arrived)
        #expect(gap <= .milliseconds(125) && gap > .milliseconds(70), "\(gap)")
        #expect(course.firstToken(9) - arrived < .seconds(7), "\(course.firstToken(9) - arrived)")
    }

    @Test func `get their first tokens one after the other, and half of them soon`() {
        let course = Course { $0.chunkRows = 0 }
        for number in 0..<16 { course.submit(number, promptCount: 142, maxTokens: 30) }
        course.finish()
        let first = (0..<16).map { course.firstToken($0) }
        #expect(first == first.sorted())
        // One prompt takes 280 ms, all of them take 4.5 s.
        #expect(first[0] < .milliseconds(330), "\(first[0])")
        #expect(first[8] < .seconds(3), "\(first[8])")
        #expect(first[15] < .seconds(9), "\(first[15])")
    }

    @Test func `let a short prompt pass a long one, but not for ever`() {
        let course = Course { $0.chunkRows = 256 }
        course.submit(0, promptCount: 4000)
        course.step()
        course.submit(1, promptCount: 50)
        for number in 2..<80 { course.submit(number, promptCount: 100, maxTokens: 1) }
        while course.firstToken(1) == .zero { course.step() }
        #expect(course.firstToken(0) == .zero)
        course.finish()
        let earlier = (2..<80).count { course.firstToken($0) < course.firstToken(0) }
        #expect(earlier > 20 && earlier < 60, "\(earlier)")
    }

    @Test func `are as fast as ever where there is only one of them`() {
        let times = [true, false].map { isTimed -> Duration in
            let course = Course { $0.pace.longestGap = isTimed ? .milliseconds(1) : nil }
            course.submit(0, promptCount: 2000, maxTokens: 3)
            course.finish()
            return course.firstToken(0)
        }
        #expect(times[0] == times[1])
    }
}
