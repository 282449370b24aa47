import Contract
import EventLoop
import Glibc
import ResponseStore
import Synchronization
import Telemetry
import TestSupport
import Testing

/// A folder with the stores that share or reopen a file in it, and calls that wait for their answers.
final class Cellar {
    let folder: TestFolder
    let owner = ResponseOwner(key: "mine")

    init() throws { folder = try TestFolder() }

    var path: String { folder.path + "/responses.db" }
    var logFile: String { folder.path + "/log" }

    func open(
        _ limits: ResponseStoreLimits = ResponseStoreLimits(),
        inMemory: Bool = false
    ) throws
        -> ResponseStore
    {
        // Left open until the tests end: stores log until they are gone.
        let descriptor = Glibc.open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return try ResponseStore(
            inMemory ? .memory : .file(path),
            limits: limits,
            log: Log(role: "test", descriptor: descriptor)
        )
    }

    /// Asks a store and waits for what it answers.
    func ask<Value: Sendable>(
        _ ask: (@escaping ResponseStore.Completion<Value>) -> Void
    ) throws -> Value {
        let bell = try Doorbell()
        let answer = Shared<Result<Value, ResponseStoreError>?>(nil)
        ask { result in
            answer.value.withLock { $0 = result }
            bell.ring()
        }
        bell.wait()
        return try #require(answer.value.withLock { $0 }).get()
    }

    /// Puts a response in, and, unless it is to run on, what came of it.
    func put(
        _ store: ResponseStore,
        _ number: UInt64,
        after previous: UInt64? = nil,
        byteCount: Int = 100,
        ends: Bool = true
    ) throws {
        var row = Self.row(number, after: previous, byteCount: byteCount)
        try ask { store.begin(row, owner, $0) }
        guard ends else { return }
        row.result = Array("result \(number)".utf8)
        try ask { store.end(row, owner, $0) }
    }

    func find(_ store: ResponseStore, _ number: UInt64, as other: ResponseOwner? = nil) throws -> ResponseRow?
    {
        try ask { store.find(Self.id(number), other ?? owner, $0) }
    }

    func look(_ store: ResponseStore, _ number: UInt64) throws -> ResponseLookup {
        try ask { store.look(upTo: Self.id(number), owner, $0) }
    }

    /// For clocks that count in milliseconds.
    func wait(milliseconds: Int) throws {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let due = time.tv_sec * 1000 + time.tv_nsec / 1_000_000 + milliseconds
        repeat {
            clock_gettime(CLOCK_REALTIME, &time)
        } while time.tv_sec * 1000 + time.tv_nsec / 1_000_000 < due
    }

    static func id(_ number: UInt64) -> JobID { JobID(high: 0xFFEE_DDCC_BBAA_9988, low: number) }

    static func row(
        _ number: UInt64,
        after previous: UInt64? = nil,
        byteCount: Int = 100
    ) -> ResponseRow {
        ResponseRow(
            id: id(number),
            previous: previous.map(id),
            isBackground: number.isMultiple(of: 2),
            request: Array(repeating: UInt8(truncatingIfNeeded: number), count: byteCount)
        )
    }
}

/// A value that several threads see.
final class Shared<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }
}
