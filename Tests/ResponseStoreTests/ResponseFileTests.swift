import Contract
import Glibc
import ResponseStore
import Telemetry
import TestSupport
import Testing

@Suite struct `A file of responses` {
    private let cellar: Cellar

    init() throws { cellar = try Cellar() }

    @Test func `outlives the process`() throws {
        var store = try cellar.open()
        for number in 1...3 as ClosedRange<UInt64> { try cellar.put(store, number) }
        store.stop()
        store = try cellar.open()
        defer { store.stop() }
        #expect(try cellar.find(store, 2)?.result == Array("result 2".utf8))
        #expect(try cellar.ask(store.size).count == 3)
        // Nothing is left of the life that is over.
        let files = try TestFile.names(in: cellar.folder.path)
        #expect(files.filter { $0.contains("life") }.count == 1)
    }

    @Test func `tells of a response whose process has gone that it is lost`() throws {
        var store = try cellar.open()
        try cellar.put(store, 1, ends: false)
        let other = try cellar.open()
        #expect(try cellar.find(other, 1)?.isLost == false)
        store.stop()
        #expect(try cellar.find(other, 1)?.isLost == true)
        other.stop()
        store = try cellar.open()
        defer { store.stop() }
        #expect(try cellar.find(store, 1)?.isLost == true)
        #expect(try cellar.ask { store.cancel(Cellar.id(1), cellar.owner, $0) }?.isLost == true)
        #expect(try cellar.ask { store.remove(Cellar.id(1), cellar.owner, $0) })
        #expect(try cellar.find(store, 1) == nil)
    }

    @Test func `is shared by several processes`() throws {
        let one = try cellar.open()
        let two = try cellar.open()
        defer {
            one.stop()
            two.stop()
        }
        for number in 1...20 as ClosedRange<UInt64> {
            try cellar.put(number.isMultiple(of: 2) ? one : two, number, after: number - 1)
        }
        for store in [one, two] {
            #expect(try cellar.look(store, 20).conversation.count == 20)
            #expect(try cellar.ask(store.size).count == 20)
        }
        try cellar.put(one, 22, ends: false)
        _ = try cellar.ask { two.cancel(Cellar.id(22), cellar.owner, $0) }
        #expect(try cellar.ask(one.toStop) == [Cellar.id(22)])
        #expect(try cellar.ask(two.toStop) == [])
    }

    @Test func `that is no database is left alone, and every request is told`() throws {
        let junk = Array("This is no database. It is something that somebody wants back.".utf8)
        try cellar.folder.write("responses.db", junk)
        let store = try cellar.open()
        for _ in 0..<3 {
            let error = #expect(throws: ResponseStoreError.self) { try cellar.put(store, 1) }
            #expect("\(error, default: "")".contains(cellar.path))
            #expect(throws: ResponseStoreError.self) { try cellar.find(store, 1) }
        }
        store.stop()
        #expect(try TestFile.bytes(of: cellar.path) == junk)
        let complaints = try TestFile.text(of: cellar.logFile).split(separator: "\n")
        #expect(complaints.filter { $0.contains("cannot be stored") }.count == 1)
    }

    @Test func `of a later version is left alone`() throws {
        var store = try cellar.open()
        try cellar.put(store, 1)
        store.stop()
        var bytes = try TestFile.bytes(of: cellar.path)
        // SQLite's file format, 1.3: the user version is at 60, in network order.
        bytes[63] = 9
        try TestFile.write(bytes, to: cellar.path)
        store = try cellar.open()
        defer { store.stop() }
        let error = #expect(throws: ResponseStoreError.self) { try cellar.find(store, 1) }
        #expect("\(error, default: "")".contains("version is 9"))
    }

    @Test func `with damage inside tells who meets it`() throws {
        var store = try cellar.open()
        for number in 1...50 as ClosedRange<UInt64> { try cellar.put(store, number, byteCount: 3000) }
        store.stop()
        var bytes = try TestFile.bytes(of: cellar.path)
        for index in bytes.indices.dropFirst(4096 * 4) { bytes[index] = 0xA5 }
        try TestFile.write(bytes, to: cellar.path)
        store = try cellar.open()
        defer { store.stop() }
        #expect(throws: ResponseStoreError.self) {
            for number in 1...50 as ClosedRange<UInt64> { _ = try cellar.find(store, number) }
        }
    }

    @Test func `cannot be where no file can be`() throws {
        #expect(throws: ResponseStoreError.self) {
            try ResponseStore(
                .file("/nowhere/at/all/responses.db"),
                limits: ResponseStoreLimits(),
                log: .init(role: "test", descriptor: -1)
            )
        }
    }

    @Test func `holds no key`() throws {
        let store = try cellar.open()
        try cellar.put(store, 1)
        store.stop()
        let text = String(decoding: try TestFile.bytes(of: cellar.path), as: UTF8.self)
        #expect(!text.contains("mine"))
    }
}
