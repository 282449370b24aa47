import Contract
import Glibc
import PrefixStore
import TestSupport
import Testing

@Suite struct `A damaged prefix` {
    /// A store of one text in three segments, with the path of the second one's file.
    private func stored(_ shelving: Shelving) throws -> (tokens: [TokenID], second: String) {
        let tokens = text(700)
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        shelving.store(Array(tokens.prefix(256)), on: shelf)
        let first = try shelving.files
        shelving.store(Array(tokens.prefix(512)), on: shelf)
        let second = try #require(shelving.files.first { !first.contains($0) })
        shelving.store(tokens, on: shelf)
        store.stop()
        return (tokens, second)
    }

    /// What is read of the text, by the running store and after its next start.
    private func read(
        _ shelving: Shelving,
        _ tokens: [TokenID],
        afterDamage damage: () throws -> Void
    ) throws
        -> [Int?]
    {
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        try damage()
        let counts = [shelving.fetch(tokens, on: shelf), shelving.fetch(tokens, on: shelf)]
        store.stop()
        let later = try shelving.open()
        defer { later.stop() }
        return counts + [shelving.fetch(tokens, on: try shelving.shelf(later))]
    }

    @Test(arguments: [0, 9, 13, 17, 25, 33, 50, 90, 120, 400, 1380, 1395, 4096, 5000, 20_000, 20_095])
    func `is found by any bit`(offset: Int) throws {
        let shelving = try Shelving()
        let (tokens, second) = try stored(shelving)
        let counts = try read(shelving, tokens) {
            var bytes = try TestFile.bytes(of: second)
            try #require(offset < bytes.count)
            bytes[offset] ^= 4
            try TestFile.write(bytes, to: second)
        }
        // Behind the first segment, what comes before the damage in the same file is right and may be used.
        let right = try #require(counts[0])
        #expect(right >= 16 && right < 32)
        #expect(counts[1...] == [16, 16])
        #expect(try shelving.complaints.count == 1)
        #expect(try shelving.files.count == 1, "what continues it is of no use without it")
    }

    @Test(arguments: [0, 1, 100, 111, 112, 4095, 4096, 20_095])
    func `is found by its length`(length: Int) throws {
        let shelving = try Shelving()
        let (tokens, second) = try stored(shelving)
        let counts = try read(shelving, tokens) {
            try TestFile.write(Array(try TestFile.bytes(of: second).prefix(length)), to: second)
        }
        #expect(counts == [16, 16, 16])
        #expect(try shelving.complaints.count == 1)
    }

    @Test func `may be missing`() throws {
        let shelving = try Shelving()
        let (tokens, second) = try stored(shelving)
        let counts = try read(shelving, tokens) { unlink(second) }
        #expect(counts == [16, 16, 16])
        #expect(try shelving.complaints.count == 1)
    }

    @Test func `may be a folder, a link or a pipe`() throws {
        for make in [
            { mkdir($0, 0o700) }, { symlink("/etc/passwd", $0) }, { mkfifo($0, 0o600) },
        ] as [(String) -> Int32] {
            let shelving = try Shelving()
            let (tokens, second) = try stored(shelving)
            let counts = try read(shelving, tokens) {
                unlink(second)
                try #require(make(second) == 0)
            }
            #expect(counts == [16, 16, 16])
        }
    }

    @Test func `may be another whole one under its name`() throws {
        let shelving = try Shelving()
        let (tokens, second) = try stored(shelving)
        let other = try #require(shelving.files.first { $0 != second })
        let counts = try read(shelving, tokens) {
            try TestFile.write(try TestFile.bytes(of: other), to: second)
        }
        #expect(counts == [16, 16, 16])
        #expect(try shelving.complaints.count == 1)
    }

    @Test func `is written again`() throws {
        let shelving = try Shelving()
        let (tokens, second) = try stored(shelving)
        _ = try read(shelving, tokens) { unlink(second) }
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        shelving.store(tokens, on: shelf)
        #expect(shelving.fetch(tokens, on: shelf) == 43)
        store.stop()
    }

    @Test func `costs nothing else when the index is lost`() throws {
        let shelving = try Shelving()
        let (tokens, _) = try stored(shelving)
        let index = shelving.directory + "/index.sqlite"
        for damage in ["gone", "garbage", "empty"] {
            for suffix in ["-wal", "-shm"] { unlink(index + suffix) }
            switch damage {
            case "gone": unlink(index)
            case "garbage": try TestFile.write(text(5000).map { UInt8($0 & 255) }, to: index)
            default: try TestFile.write([], to: index)
            }
            let store = try shelving.open()
            #expect(try shelving.fetch(tokens, on: shelving.shelf(store)) == 43, "\(damage)")
            store.stop()
        }
        #expect(try shelving.complaints.count == 1, "only an index that cannot be read is worth a line")
    }

    @Test func `is swept away at the start`() throws {
        let shelving = try Shelving()
        let (tokens, second) = try stored(shelving)
        let lone = String(repeating: "0", count: 64)
        try TestFile.write("half a file", to: second + ".draft")
        try TestFile.write("half a file", to: shelving.segments + "/" + lone)
        unlink(second)
        let store = try shelving.open()
        #expect(try shelving.files.count == 1)
        #expect(try shelving.fetch(tokens, on: shelving.shelf(store)) == 16)
        store.stop()
    }

    @Test func `is not made where the directory takes no more`() throws {
        let shelving = try Shelving()
        let (tokens, _) = try stored(shelving)
        let store = try shelving.open()
        let shelf = try shelving.shelf(store)
        // Nothing can be created in a folder that has another name.
        let aside = shelving.segments + ".aside"
        try #require(rename(shelving.segments, aside) == 0)
        #expect(shelving.store(text(700, seed: 2), on: shelf), "the blocks come back")
        #expect(!store.counters.isWriting)
        #expect(shelf.firstMissingBlock(of: text(700, seed: 3), scope: "") == nil)
        #expect(!shelving.store(text(700, seed: 3), on: shelf))
        try #require(rename(aside, shelving.segments) == 0)
        #expect(shelving.fetch(tokens, on: shelf) == 43, "reading goes on")
        store.stop()
        #expect(try shelving.complaints.count == 1)
    }
}
