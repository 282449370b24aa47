import Contract
import PrefixStore
import TestSupport
import Testing

@Suite struct `A prefix store` {
    @Test(arguments: [1, 16, 100, 300])
    func `gives back what it was given, at once and after a restart`(blockTokens: Int) throws {
        let shelving = try Shelving(blockTokens: blockTokens)
        let tokens = text(1000)
        let wanted = 1000 / blockTokens
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        #expect(shelf.match(tokens, scope: "") == nil)
        shelving.store(tokens, on: shelf)
        #expect(shelving.fetch(tokens, on: shelf) == wanted)
        #expect(shelving.fetch(tokens, on: shelf, from: 2) == wanted - 2)
        store.stop()

        let later = try shelving.open()
        let same = try shelving.shelf(later)
        #expect(same.match(tokens, scope: "")?.tokenCount == wanted * blockTokens)
        #expect(shelving.fetch(tokens, on: same) == wanted)
        #expect(later.counters.fetchedTokens == UInt64(wanted * blockTokens))
        later.stop()
        #expect(try shelving.complaints == [])
    }

    @Test func `finds the longest beginning, in whole blocks`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        let tokens = text(600)
        shelving.store(tokens, on: shelf)
        for common in [0, 15, 16, 100, 255, 256, 300, 590, 592, 600] {
            let other = Array(tokens.prefix(common)) + text(50, seed: 2)
            #expect(shelf.match(other, scope: "")?.blockCount ?? 0 == min(common, 592) / 16, "\(common)")
            #expect(shelving.fetch(other, on: shelf) == min(common, 592) / 16)
        }
        store.stop()
    }

    @Test func `stores a shared beginning once`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        let beginning = text(512)
        shelving.store(beginning + text(256, seed: 2), on: shelf)
        #expect(shelf.firstMissingBlock(of: beginning, scope: "") == nil)
        let other = beginning + text(256, seed: 3)
        #expect(shelf.firstMissingBlock(of: other, scope: "") == 32)
        shelving.store(other, on: shelf)
        #expect(try shelving.files.count == 4)
        #expect(shelving.fetch(other, on: shelf) == 48)
        store.stop()
    }

    @Test func `keeps of a growing text only the longest piece`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        let tokens = text(1000)
        for count in [40, 200, 300, 500, 520, 1000] {
            shelving.store(Array(tokens.prefix(count)), on: shelf)
            #expect(shelving.fetch(tokens, on: shelf) == count / 16)
            #expect(try shelving.files.count == (count / 16 + 15) / 16)
        }
        store.stop()
    }

    @Test func `gives nothing to another model, shape or scope`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        let tokens = text(600)
        shelving.store(tokens, on: shelf, scope: "a")
        #expect(shelf.match(tokens, scope: "a") != nil)
        #expect(shelf.match(tokens, scope: "") == nil)
        #expect(shelf.match(tokens, scope: "b") == nil)
        #expect(try shelving.shelf(store, "other").match(tokens, scope: "a") == nil)
        let wider = store.shelf(for: try shelving.identity(blockBytes: 2000))
        #expect(wider.match(tokens, scope: "a") == nil)
        let coarser = try #require(PrefixIdentity(Array("model".utf8), blockTokens: 32, blockBytes: 1000))
        #expect(store.shelf(for: coarser).match(tokens, scope: "a") == nil)
        // Each can store the same text for itself.
        shelving.store(tokens, on: shelf, scope: "b")
        #expect(shelving.fetch(tokens, on: shelf, scope: "b") == 37)
        store.stop()
    }

    @Test func `leaves short prefixes alone`() throws {
        let shelving = try Shelving()
        let store = try shelving.open(PrefixLimits(minTokens: 300))
        let shelf = try shelving.shelf(store)
        #expect(shelf.firstMissingBlock(of: text(299), scope: "") == nil)
        #expect(shelf.firstMissingBlock(of: text(300), scope: "") == 0)
        store.stop()
    }

    @Test func `is for one process at a time`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        #expect(throws: PrefixStoreError.inUse(shelving.directory)) { try shelving.open() }
        store.stop()
    }

    @Test func `says what is wrong with a directory`() throws {
        let shelving = try Shelving()
        try shelving.folder.write("prefixes")
        #expect {
            try shelving.open()
        } throws: {
            "\($0)".contains("cannot make the folder \(shelving.directory)")
        }
    }

    @Test func `takes nothing any more when it has stopped`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        let tokens = text(600)
        shelving.store(tokens, on: shelf)
        store.stop()
        #expect(shelving.fetch(tokens, on: shelf) == 0)
        #expect(!shelving.store(tokens + text(600), on: shelf))
    }

    @Test func `writes what waits before it stops`() throws {
        let shelving = try Shelving()
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        let tokens = text(4000)
        let blocks = shelving.blocks(of: tokens)
        #expect(shelf.store(tokens, scope: "", from: 0, blocks: blocks.map(\.memory)) {})
        store.stop()
        let later = try shelving.open()
        #expect(try shelving.fetch(tokens, on: shelving.shelf(later)) == 250)
        later.stop()
    }

    @Test func `gives up writing when the time for stopping is over`() throws {
        let shelving = try Shelving()
        let store = try shelving.open(PrefixLimits(minTokens: 1, stopTime: .zero))
        let shelf = try shelving.shelf(store)
        let tokens = text(40_000)
        let blocks = shelving.blocks(of: tokens)
        let isDone = Told(false)
        let isTaken = shelf.store(tokens, scope: "", from: 0, blocks: blocks.map(\.memory)) {
            isDone.change { $0 = true }
        }
        store.stop()
        #expect(isTaken && isDone.wait { $0 })
        #expect(store.counters.storedSegments < 157)
    }

    @Test func `turns away what would wait too long`() throws {
        let shelving = try Shelving()
        // Room for one prefix of 50 blocks, not for two.
        let store = try shelving.open(PrefixLimits(minTokens: 1, queuedBytes: 99_000))
        let shelf = try shelving.shelf(store)
        let isAtGate = Told(false), gate = Told(false)
        let tokens = text(800)
        let blocks = shelving.blocks(of: tokens)
        // What is done with the first holds the writer up, so that what comes after it has to wait.
        let isFirstTaken = shelf.store(tokens, scope: "", from: 0, blocks: blocks.map(\.memory)) {
            isAtGate.change { $0 = true }
            _ = gate.wait { $0 }
        }
        #expect(isFirstTaken && isAtGate.wait { $0 })
        let second = text(800, seed: 2)
        let more = shelving.blocks(of: second).map(\.memory)
        #expect(shelf.store(second, scope: "", from: 0, blocks: more) {})
        let third = text(800, seed: 3)
        #expect(!shelf.store(third, scope: "", from: 0, blocks: more) {})
        #expect(store.counters.refusedPrefixes == 1)
        gate.change { $0 = true }
        store.stop()
        #expect(shelf.match(second, scope: "")?.blockCount == 50)
        #expect(shelf.match(third, scope: "") == nil)
    }

    @Test func `prefers computing where the disk is slower`() throws {
        let shelving = try Shelving(blockBytes: 100_000)
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        let tokens = text(512)
        shelving.store(tokens, on: shelf)
        let prefix = try #require(shelf.match(tokens, scope: ""))
        #expect(shelf.isWorthFetching(prefix, from: 0, insteadOf: 100))
        #expect(!shelf.isWorthFetching(prefix, from: 0, insteadOf: 1e9))
        #expect(!shelf.isWorthFetching(prefix, from: 32, insteadOf: 1), "there is nothing left to fetch")
        #expect(store.counters.skippedPrefixes == 1)
        store.stop()
    }
}
