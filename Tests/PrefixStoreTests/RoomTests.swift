import Contract
import PrefixStore
import TestSupport
import Testing

@Suite struct `The room on disk` {
    /// Of one segment of sixteen blocks.
    private let segmentBytes = 4096 + 16 * 1000

    private func fileBytes(_ shelving: Shelving) throws -> Int {
        try shelving.files.reduce(0) { $0 + (try TestFile.bytes(of: $1)).count }
    }

    @Test func `is never exceeded`() throws {
        let shelving = try Shelving()
        let store = try shelving.open(PrefixLimits(diskBytes: 5 * segmentBytes, minTokens: 1))
        let shelf = try shelving.shelf(store)
        for seed in 1..<10 {
            shelving.store(text(512, seed: UInt64(seed)), on: shelf)
            let bytes = try fileBytes(shelving)
            #expect(bytes <= 5 * segmentBytes)
            #expect(store.counters.diskBytes == bytes)
        }
        store.stop()
    }

    @Test func `goes to what was used last, whole from its beginning`() throws {
        let shelving = try Shelving()
        let store = try shelving.open(PrefixLimits(diskBytes: 4 * segmentBytes, minTokens: 1))
        let shelf = try shelving.shelf(store)
        let texts = (1...3).map { text(512, seed: UInt64($0)) }
        shelving.store(texts[0], on: shelf)
        shelving.store(texts[1], on: shelf)
        #expect(shelving.fetch(texts[0], on: shelf) == 32)
        shelving.store(Array(texts[2].prefix(256)), on: shelf)
        #expect(texts.map { shelf.match($0, scope: "")?.blockCount } == [32, 16, 16])
        shelving.store(texts[2], on: shelf)
        #expect(texts.map { shelf.match($0, scope: "")?.blockCount } == [32, nil, 32])
        store.stop()

        // The order of use outlives a restart.
        let later = try shelving.open(PrefixLimits(diskBytes: 4 * segmentBytes, minTokens: 1))
        let same = try shelving.shelf(later)
        shelving.store(texts[1], on: same)
        #expect(texts.map { same.match($0, scope: "")?.blockCount } == [nil, 32, 32])
        later.stop()
    }

    @Test func `is not taken from the prefix that is being written`() throws {
        let shelving = try Shelving()
        let store = try shelving.open(PrefixLimits(diskBytes: 3 * segmentBytes, minTokens: 1))
        let shelf = try shelving.shelf(store)
        let tokens = text(2000)
        shelving.store(tokens, on: shelf)
        #expect(shelving.fetch(tokens, on: shelf) == 48)
        #expect(store.counters.refusedPrefixes == 1)
        store.stop()
    }

    @Test func `is limited in files too`() throws {
        let shelving = try Shelving()
        let store = try shelving.open(PrefixLimits(minTokens: 1, segments: 3))
        let shelf = try shelving.shelf(store)
        shelving.store(text(512, seed: 1), on: shelf)
        shelving.store(text(512, seed: 2), on: shelf)
        #expect(try shelving.files.count == 3)
        #expect(shelf.match(text(512, seed: 1), scope: "")?.blockCount == 16)
        store.stop()
    }

    @Test func `can shrink between two starts`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        shelving.store(text(2048), on: try shelving.shelf(store))
        store.stop()
        let later = try shelving.open(PrefixLimits(diskBytes: 3 * segmentBytes, minTokens: 1))
        #expect(try shelving.files.count == 3)
        #expect(try shelving.fetch(text(2048), on: shelving.shelf(later)) == 48)
        later.stop()
    }
}
