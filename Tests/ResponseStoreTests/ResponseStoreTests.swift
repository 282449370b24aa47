import Contract
import ResponseStore
import TestSupport
import Testing

@Suite struct `A store of responses` {
    private let cellar: Cellar

    init() throws { cellar = try Cellar() }

    @Test(arguments: [true, false]) func `gives back what was put in`(inMemory: Bool) throws {
        let store = try cellar.open(inMemory: inMemory)
        defer { store.stop() }
        try cellar.put(store, 1, ends: false)
        let running = try #require(try cellar.find(store, 1))
        #expect(running.result == nil && !running.isLost && !running.hasStarted)
        store.markStarted(Cellar.id(1))
        #expect(try cellar.find(store, 1)?.hasStarted == true)
        try cellar.put(store, 1)
        try cellar.put(store, 2, after: 1)
        let found = try #require(try cellar.find(store, 2))
        #expect(found.previous == Cellar.id(1))
        #expect(found.isBackground)
        #expect(found.request == Cellar.row(2).request)
        #expect(found.result == Array("result 2".utf8))
        #expect(try cellar.find(store, 3) == nil)
        #expect(try cellar.ask(store.size) == (2, 216))
    }

    @Test func `keeps the result of a response whose beginning it never saw`() throws {
        let store = try cellar.open()
        defer { store.stop() }
        var row = Cellar.row(1)
        row.result = [1]
        try cellar.ask { store.end(row, cellar.owner, $0) }
        #expect(try cellar.find(store, 1)?.result == [1])
    }

    @Test func `shows nothing to anybody but the owner`() throws {
        let store = try cellar.open()
        defer { store.stop() }
        let other = ResponseOwner(key: "other")
        try cellar.put(store, 1)
        try cellar.put(store, 2, after: 1)
        for owner in [other, ResponseOwner(key: nil)] {
            #expect(try cellar.find(store, 1, as: owner) == nil)
            #expect(try cellar.ask { store.remove(Cellar.id(1), owner, $0) } == false)
            #expect(try cellar.ask { store.cancel(Cellar.id(2), owner, $0) } == nil)
            let lookup = try cellar.ask { store.look(upTo: Cellar.id(2), owner, $0) }
            #expect(lookup.conversation.isEmpty && lookup.missing == Cellar.id(2))
        }
        #expect(ResponseOwner(key: "mine") == cellar.owner)
        #expect(try cellar.find(store, 1) != nil)
    }

    @Test func `finds a conversation from its first response on`() throws {
        let store = try cellar.open()
        defer { store.stop() }
        try cellar.put(store, 1)
        for number in 2...9 as ClosedRange<UInt64> { try cellar.put(store, number, after: number - 1) }
        let lookup = try cellar.look(store, 9)
        #expect(lookup.conversation.map(\.id) == (1...9).map { Cellar.id($0) })
        #expect(lookup.missing == nil && !lookup.isTooLong)
        #expect(try cellar.ask { store.remove(Cellar.id(4), cellar.owner, $0) })
        let broken = try cellar.look(store, 9)
        #expect(broken.missing == Cellar.id(4))
        #expect(broken.conversation.map(\.id) == (5...9).map { Cellar.id($0) })
    }

    @Test func `gives up on a conversation that is too long`() throws {
        let store = try cellar.open(ResponseStoreLimits(conversationCount: 3))
        defer { store.stop() }
        try cellar.put(store, 1)
        for number in 2...4 as ClosedRange<UInt64> { try cellar.put(store, number, after: number - 1) }
        #expect(try cellar.look(store, 3).isTooLong == false)
        #expect(try cellar.look(store, 4).isTooLong)
        // One that goes on from itself is as long as it gets.
        try cellar.put(store, 5, after: 5)
        #expect(try cellar.look(store, 5).isTooLong)
    }

    @Test func `removes a running response when whoever runs it has stopped`() throws {
        let store = try cellar.open()
        defer { store.stop() }
        try cellar.put(store, 1, ends: false)
        #expect(try cellar.ask(store.toStop) == [])
        #expect(try cellar.ask { store.remove(Cellar.id(1), cellar.owner, $0) })
        #expect(try cellar.find(store, 1) == nil)
        #expect(try cellar.ask { store.remove(Cellar.id(1), cellar.owner, $0) } == false)
        #expect(try cellar.ask(store.toStop) == [Cellar.id(1)])
        var row = Cellar.row(1)
        row.result = [1]
        try cellar.ask { store.end(row, cellar.owner, $0) }
        #expect(try cellar.find(store, 1) == nil)
        #expect(try cellar.ask(store.size) == (0, 0))
    }

    @Test func `passes on that a response is to be cancelled`() throws {
        let store = try cellar.open()
        defer { store.stop() }
        try cellar.put(store, 2, ends: false)
        try cellar.put(store, 3, ends: false)
        #expect(try cellar.ask { store.cancel(Cellar.id(2), cellar.owner, $0) }?.isBackground == true)
        // That does not run in the background.
        #expect(try cellar.ask { store.cancel(Cellar.id(3), cellar.owner, $0) }?.isBackground == false)
        #expect(try cellar.ask(store.toStop) == [Cellar.id(2)])
        try cellar.put(store, 2)
        #expect(try cellar.ask(store.toStop) == [])
    }

    @Test func `lets go of what was used longest ago`() throws {
        let store = try cellar.open(ResponseStoreLimits(count: 3))
        defer { store.stop() }
        for number in 1...3 as ClosedRange<UInt64> {
            try cellar.put(store, number)
            // Uses are told apart by the millisecond.
            try cellar.wait(milliseconds: 2)
        }
        _ = try cellar.look(store, 1)
        // What was looked up counts as used once the store has written that.
        _ = try cellar.ask(store.size)
        try cellar.wait(milliseconds: 2)
        try cellar.put(store, 4)
        #expect(try cellar.find(store, 2) == nil)
        for number in [1, 3, 4] as [UInt64] { #expect(try cellar.find(store, number) != nil) }
    }

    @Test func `holds no more bytes than it may`() throws {
        let store = try cellar.open(ResponseStoreLimits(bytes: 10_000))
        defer { store.stop() }
        for number in 1...40 as ClosedRange<UInt64> { try cellar.put(store, number, byteCount: 1000) }
        let (count, bytes) = try cellar.ask(store.size)
        #expect(count == 9 && bytes <= 10_000)
        #expect(throws: ResponseStoreError.tooLarge(bytes: 10_001, limit: 10_000)) {
            try cellar.put(store, 41, byteCount: 10_001)
        }
    }

    @Test func `lets nobody wait for a place without end`() throws {
        let store = try cellar.open(ResponseStoreLimits(waitingCount: 0))
        #expect(throws: ResponseStoreError.overloaded) { try cellar.put(store, 1) }
        store.stop()
        #expect(throws: ResponseStoreError.closed) { try cellar.put(store, 1) }
    }
}
