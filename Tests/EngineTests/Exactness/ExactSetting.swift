import Engine
import TestSupport
import Transformer

/// One way to run a workload, drawn by a seed: none of it may change a bit.
struct ExactSetting: CustomStringConvertible {
    var limits = EngineLimits()
    var blockTokens = 16
    var blockCount = 4096
    var threads = 1
    /// Whether requests are taken away in the middle and go on in another engine.
    var moves = false
    /// Whether a model of the same files guesses ahead.
    var drafts = false
    /// Steps between two submissions at most.
    var pause = 0

    /// Alone, in one piece, on one thread.
    static var plain: ExactSetting {
        var setting = ExactSetting()
        setting.limits.chunkRows = 0
        setting.limits.sequences = 1
        setting.limits.sharesPrefixes = false
        setting.limits.speculation.source = .off
        return setting
    }

    private init() {}

    /// `longest`: tokens of the longest sequence, which the memory must hold at least.
    init(seed: UInt64, longest: Int) {
        var random = SplitMix64(seed: seed)
        func pick<Value>(_ values: [Value]) -> Value {
            values[Int.random(in: 0..<values.count, using: &random)]
        }
        blockTokens = pick([1, 3, 5, 8, 16, 16, 32, 64])
        let needed = (longest + blockTokens - 1) / blockTokens + 1
        // The first: so little that sequences push each other out.
        blockCount = pick([needed + Int.random(in: 0...needed, using: &random), needed * 4, needed * 64])
        threads = pick([1, 2])
        limits.sequences = pick([1, 2, 5, 16, 64])
        limits.rowsPerStep = pick([1, 7, 40, 256])
        limits.chunkRows = pick([0, 1, 5, 16, 100])
        limits.sharesPrefixes = pick([true, true, false])
        moves = pick([true, false])
        pause = pick([0, 0, 3])
        limits.speculation.source = pick([.auto, .auto, .lookup, .draft, .off])
        limits.speculation.longestProposal = pick([1, 3, 8])
        drafts = pick([true, false])
        // High requests come while low ones run.
        limits.tokensBetweenPauses = pick([0, 3, 64])
        limits.pausesPerSequence = pick([1, 2, 20])
    }

    func options(_ kv: TransformerOptions.KVType) -> TransformerOptions {
        TransformerOptions(memory: .blocks(blockCount), blockTokens: blockTokens, kv: kv, threads: threads)
    }

    var description: String {
        "blocks of \(blockTokens) x \(blockCount), \(threads) threads, \(limits.sequences) at once, "
            + "\(limits.rowsPerStep) rows, chunks of \(limits.chunkRows)"
            + (limits.sharesPrefixes ? ", prefixes shared" : "")
            + (moves ? ", moved" : "") + (pause > 0 ? ", spread" : "")
            + ", guesses: \(limits.speculation.source)\(drafts ? " with a draft" : "")"
    }
}
