import Contract
import EventLoop
import Glibc
import PrefixStore
import Synchronization
import Telemetry
import Testing
import TestSupport

/// A directory with the stores that open it one after the other, and blocks whose bytes follow from their
/// tokens.
final class Shelving {
    let folder: TestFolder
    let blockTokens: Int
    let blockBytes: Int

    init(blockTokens: Int = 16, blockBytes: Int = 1000) throws {
        folder = try TestFolder()
        self.blockTokens = blockTokens
        self.blockBytes = blockBytes
    }

    var directory: String { folder.path + "/prefixes" }
    var segments: String { directory + "/segments" }
    var logFile: String { folder.path + "/log" }

    /// Below the limits and on, whatever the tests are about.
    func open(_ limits: PrefixLimits = PrefixLimits(minTokens: 1)) throws -> PrefixStore {
        // Left open until the tests end: stores log until they are gone.
        let descriptor = Glibc.open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return try PrefixStore(
            directory: directory,
            limits: limits,
            log: Log(role: "test", descriptor: descriptor)
        )
    }

    func identity(_ name: String = "model", blockBytes: Int? = nil) throws -> PrefixIdentity {
        try #require(
            PrefixIdentity(
                Array(name.utf8),
                blockTokens: blockTokens,
                blockBytes: blockBytes ?? self.blockBytes
            )
        )
    }

    func shelf(_ store: PrefixStore, _ name: String = "model") throws -> PrefixShelf {
        store.shelf(for: try identity(name))
    }

    /// Files of whole segments.
    var files: [String] { get throws { try TestFile.names(in: segments).map { "\(segments)/\($0)" } } }

    /// Warnings and errors so far.
    var complaints: [Substring] {
        get throws {
            try TestFile.text(of: logFile).split(separator: "\n").filter {
                $0.contains("WARN") || $0.contains("ERROR") || $0.contains("warn") || $0.contains("error")
            }
        }
    }

    /// The bytes that stand for a text's blocks; every token up to a block's end changes them.
    func bytes(of tokens: [TokenID], from first: Int = 0) -> [[UInt8]] {
        var seed: UInt64 = 14_695_981_039_346_656_037
        var blocks: [[UInt8]] = []
        for (place, token) in tokens.enumerated() {
            seed = (seed ^ UInt64(token)) &* 1_099_511_628_211
            let isEnd = place % blockTokens == blockTokens - 1
            if isEnd && place / blockTokens >= first { blocks.append(bytes(seed: seed)) }
        }
        return blocks
    }

    private func bytes(seed: UInt64) -> [UInt8] {
        var random = SplitMix64(seed: seed)
        return [UInt8](unsafeUninitializedCapacity: blockBytes + 8) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for offset in stride(from: 0, to: blockBytes, by: 8) {
                raw.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
            }
            count = blockBytes
        }
    }

    func blocks(of tokens: [TokenID], from first: Int = 0) -> [BlockBytes] {
        bytes(of: tokens, from: first).map { BlockBytes($0) }
    }

    /// Writes what is missing of a text and waits until that is done; whether it was taken.
    @discardableResult
    func store(_ tokens: [TokenID], on shelf: PrefixShelf, scope: String = "") -> Bool {
        guard let first = shelf.firstMissingBlock(of: tokens, scope: scope) else { return false }
        let blocks = blocks(of: tokens, from: first).map(\.memory)
        let isDone = Told(false)
        let isTaken = shelf.store(tokens, scope: scope, from: first, blocks: blocks) {
            isDone.change { $0 = true }
        }
        return isTaken && isDone.wait { $0 }
    }

    /// Reads what is stored of a text; nil where a byte is wrong.
    func fetch(_ tokens: [TokenID], on shelf: PrefixShelf, from first: Int = 0, scope: String = "") -> Int? {
        guard let prefix = shelf.match(tokens, scope: scope) else { return 0 }
        let blocks = (first..<max(first, prefix.blockCount)).map { _ in
            BlockBytes([UInt8](repeating: 0, count: blockBytes))
        }
        let count = Told<Int?>(nil)
        shelf.fetch(prefix, from: first, into: blocks.map(\.memory)) { right in count.change { $0 = right } }
        let right = count.wait { $0 != nil } ?? 0
        let wanted = bytes(of: Array(tokens.prefix((first + right) * blockTokens)), from: first)
        return blocks.prefix(right).map(\.bytes) == wanted ? right : nil
    }
}

/// Memory of one block.
final class BlockBytes {
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
        buffer = .allocate(byteCount: bytes.count, alignment: 16)
        buffer.copyBytes(from: bytes)
    }

    deinit { buffer.deallocate() }

    var memory: BlockMemory { BlockMemory(buffer, owner: self) }
    var bytes: [UInt8] { Array(buffer) }
}

/// What another thread tells, with a bell that rings each time.
final class Told<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    private let bell: Doorbell?

    init(_ value: Value) {
        self.value = Mutex(value)
        bell = try? Doorbell()
    }

    func change(_ body: (inout sending Value) -> Void) {
        value.withLock { body(&$0) }
        bell?.ring()
    }

    func wait(until isEnough: (Value) -> Bool) -> Value {
        while true {
            let now = value.withLock { $0 }
            if isEnough(now) { return now }
            bell?.wait()
        }
    }
}

/// A text of so many tokens that no other number begins with.
func text(_ count: Int, seed: UInt64 = 1) -> [TokenID] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in TokenID.random(in: 0..<150_000, using: &random) }
}
