import Testing

@testable import ModelStore

@Suite struct `The progress of a pull` {
    private func progress(_ bytes: [(seconds: Int, count: Int)], of byteCount: Int) -> PullProgress {
        var progress = PullProgress()
        progress.take(.planned(fileCount: 1, byteCount: byteCount, presentBytes: 0), at: .zero)
        progress.take(.began(path: "dir/model.safetensors", byteCount: byteCount, presentBytes: 0), at: .zero)
        for (seconds, count) in bytes { progress.take(.received(byteCount: count), at: .seconds(seconds)) }
        return progress
    }

    @Test func `is a bar with what has come, how fast, and how long it takes`() {
        let line = progress([(1, 1 << 20), (2, 1 << 20)], of: 8 << 20).line(width: 90)
        let bar = " 25 % [=======>                      ]"
        #expect(line == bar + "  2.0 MiB of 8.0 MiB  1.0 MiB/s  6 s  model.safetens")
    }

    @Test(arguments: 1...120)
    func `fits any window`(width: Int) {
        #expect(progress([(1, 3 << 30), (2, 1 << 30)], of: 80 << 30).line(width: width).count <= width)
    }

    @Test func `says 100 only when nothing is missing`() {
        #expect(progress([(1, 9_999_999)], of: 10_000_000).line(width: 80).hasPrefix(" 99 %"))
        #expect(progress([(1, 10_000_000)], of: 10_000_000).line(width: 80).hasPrefix("100 %"))
        #expect(progress([], of: 0).line(width: 80).hasPrefix("100 %"))
    }

    @Test func `follows the network of the last seconds`() throws {
        let bytes = (1...60).map { (seconds: $0, count: $0 <= 30 ? 1000 : 10) }
        #expect(try #require(progress(bytes, of: 1 << 20).rate) == 10)
    }

    @Test func `goes back where bytes had to be dropped`() {
        let progress = progress([(1, 500), (2, -400), (3, 100)], of: 1000)
        #expect(progress.presentBytes == 200)
        #expect(progress.rate ?? 0 > 0)
    }

    @Test(arguments: [
        (0.2, "1 s"), (59, "59 s"), (60, "1 min 0 s"), (3725, "1 h 2 min"), (1e9, "over a day"),
    ])
    func `speaks of time in units that suit it`(seconds: Double, text: String) {
        #expect(timeText(seconds) == text)
    }
}

@Suite struct `A failure` {
    @Test func `is followed by longer and longer waits, and then by none`() {
        var policy = RetryPolicy()
        let pauses = (0..<ModelStoreLimits.failureCount).map { _ in policy.pause() }
        let wanted: [Duration?] =
            [.milliseconds(500)] + [1, 2, 4, 8, 16, 30].map { .seconds($0) } + [nil]
        #expect(pauses == wanted)
    }

    @Test func `after something came is the first again`() {
        var policy = RetryPolicy()
        for _ in 0..<5 { _ = policy.pause() }
        policy.progressed()
        #expect(policy.pause() == .milliseconds(500))
    }

    @Test func `is waited out as long as the hub asks, within reason`() {
        var policy = RetryPolicy()
        #expect(policy.pause(asked: .seconds(100)) == .seconds(100))
        #expect(policy.pause(asked: .seconds(301)) == nil)
    }
}

@Suite struct `A token` {
    @Test func `shows in no text`() throws {
        let token = try #require(HubToken("hf_secret"))
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), dumped] { #expect(!text.contains("secret")) }
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "ü", "\u{7F}"])
    func `must be able to stand in a header`(text: String) {
        #expect(HubToken(text) == nil)
    }
}
