import Glibc
import JSON
import Testing

@testable import Telemetry

@Suite struct `A log` {
    /// What `body` makes a log write into a pipe.
    private func written(
        level: Log.Level = .info,
        format: Log.Format = .human,
        _ body: (Log) throws -> Void
    ) rethrows -> String {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        do {
            defer { close(ends[1]) }
            try body(Log(role: "worker", level: level, format: format, descriptor: ends[1]))
        }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = read(ends[0], &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func `writes a short line for a person`() throws {
        let line = written {
            $0.warn("loaded a model", ["name": "demo", "seconds": 0.12, "blocks": 7, "warm": true])
        }
        let clock = line.prefix(8)
        #expect(clock.allSatisfy { $0.isNumber || $0 == ":" })
        #expect(
            line.dropFirst(8) == " warn  worker: loaded a model name=demo seconds=0.12 blocks=7 warm=true\n"
        )
    }

    @Test func `writes one JSON object per line for a machine`() throws {
        let text = written(format: .json) { log in
            log.error("a \"quoted\"\nevent\u{1}", ["path": "a\\b", "count": 3, "rate": .number(.infinity)])
        }
        #expect(text.filter { $0 == "\n" }.count == 1)
        let line = try JSONValue(parsing: text)
        #expect(line.objectValue?.keys == ["ts", "level", "role", "event", "path", "count", "rate"])
        #expect(line["level"] == "error")
        #expect(line["event"] == "a \"quoted\"\nevent\u{1}")
        #expect(line["path"] == "a\\b")
        #expect(line["count"] == 3)
        #expect(line["rate"] == .null)
    }

    @Test func `stamps a line with UTC to the millisecond`() {
        let line = LogLine(
            time: timespec(tv_sec: 1_773_497_966, tv_nsec: 7_999_999),
            level: .info,
            role: "edge",
            event: "ready",
            fields: [:]
        )
        let expected =
            #"{"ts":"2026-03-14T14:19:26.007Z","level":"info","role":"edge","event":"ready"}"# + "\n"
        #expect(String(decoding: line.json, as: UTF8.self) == expected)
    }

    @Test func `says nothing below its level and does not even build it`() {
        var built = 0
        func costly() -> String {
            built += 1
            return "x"
        }
        let text = written(level: .warn) { log in
            log.info(costly())
            log.debug(costly())
            log.warn(costly())
        }
        #expect(built == 1)
        #expect(text.hasSuffix("warn  worker: x\n"))
    }

    @Test func `keeps an event on one line, whatever a peer put into it`() {
        let text = written { $0.info("peer \n12:00:00 error \u{1B}[2J", ["name": "a b\nc", "empty": ""]) }
        #expect(text.hasSuffix(#"worker: peer ?12:00:00 error ?[2J name="a b\nc" empty="""# + "\n"))
    }

    @Test(arguments: [Log.Format.human, .json])
    func `cuts what is too long, between code points`(format: Log.Format) {
        let text = written(format: format) { log in
            log.info(String(repeating: "é", count: 5000), ["value": "\(String(repeating: "x", count: 5000))"])
        }
        #expect(text.utf8.count < 4096)
        #expect(text.contains("é…"))
        #expect(text.contains("x…"))
        #expect(!text.contains("\u{FFFD}"))
    }

    @Test func `keeps the lines of several threads apart`() async {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let log = Log(role: "worker", descriptor: ends[1])
        await withTaskGroup { group in
            for name in 0..<4 {
                group.addTask {
                    for _ in 0..<100 { log.info("thread \(name) \(String(repeating: "x", count: 50))") }
                }
            }
        }
        close(ends[1])
        var text = [UInt8](repeating: 0, count: 1 << 17)
        let count = read(ends[0], &text, text.count)
        let lines = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 400)
        #expect(
            lines.allSatisfy { $0.hasSuffix(" " + String(repeating: "x", count: 50)) && $0.utf8.count < 100 }
        )
    }

    @Test func `prints a secret as redacted, however it is printed`() {
        struct Request { var key: Redacted<String> }
        let request = Request(key: Redacted("hush"))
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request.key)", "\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hush"))
            #expect(text.contains("<redacted>"))
        }
        #expect(request.key.exposed == "hush")
    }
}
