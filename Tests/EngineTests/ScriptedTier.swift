import Contract
import Engine
import KVCache
import TestSupport

/// What tiers keep, of one engine after the other.
final class TierMemory {
    struct Key: Hashable {
        var root: PrefixRoot
        /// All up to the block's end.
        var tokens: [TokenID]
    }

    var blocks: [Key: [UInt64]] = [:]
}

/// A tier in memory that takes its time, and fails, as a seed says.
///
/// Blocks are read and written when their time has come and not when they are handed over, and what is being
/// fetched holds rubbish until then. So whoever does not wait is found out.
final class ScriptedTier: PrefixTier {
    struct Manner {
        /// Calls of `takeEvents` until a transfer ends.
        var delay = 0...0
        /// One block in so many cannot be fetched; 0 never fails.
        var blocksPerFault: UInt64 = 0
        /// One store in so many is turned away; 0 takes all.
        var storesPerRefusal: UInt64 = 0
    }

    private struct Transfer {
        var id: PrefixTransferID
        var request: PrefixTransferRequest
        var isFetch: Bool
        var callsLeft: Int
    }

    private static let rubbish: UInt64 = 0xDEAD

    private let model: ScriptedModel
    private let memory: TierMemory
    private let manner: Manner
    private var random: SplitMix64
    private var transfers: [Transfer] = []
    private(set) var fetchCount = 0

    init(_ model: ScriptedModel, _ memory: TierMemory, _ manner: Manner = Manner(), seed: UInt64 = 0) {
        self.model = model
        self.memory = memory
        self.manner = manner
        random = SplitMix64(seed: seed)
    }

    private func key(_ place: Int, _ tokens: [TokenID], _ root: PrefixRoot) -> TierMemory.Key {
        TierMemory.Key(root: root, tokens: Array(tokens.prefix((place + 1) * model.blockTokens)))
    }

    private func heldCount(of tokens: [TokenID], _ root: PrefixRoot) -> Int {
        (0..<tokens.count / model.blockTokens).prefix { memory.blocks[key($0, tokens, root)] != nil }.count
    }

    func blockCount(of tokens: [TokenID], root: PrefixRoot, beyond firstBlock: Int) -> Int? {
        let count = heldCount(of: tokens, root)
        return count > firstBlock ? count : nil
    }

    func firstMissingBlock(of tokens: [TokenID], root: PrefixRoot) -> Int? {
        let count = heldCount(of: tokens, root)
        return count < tokens.count / model.blockTokens ? count : nil
    }

    func fetch(_ id: PrefixTransferID, _ request: PrefixTransferRequest) {
        fetchCount += 1
        for block in request.blocks { spoil(block) }
        begin(id, request, isFetch: true)
    }

    func store(_ id: PrefixTransferID, _ request: PrefixTransferRequest) -> Bool {
        guard manner.storesPerRefusal == 0 || random.next() % manner.storesPerRefusal != 0 else {
            return false
        }
        begin(id, request, isFetch: false)
        return true
    }

    private func begin(_ id: PrefixTransferID, _ request: PrefixTransferRequest, isFetch: Bool) {
        let calls = Int.random(in: manner.delay, using: &random)
        transfers.append(Transfer(id: id, request: request, isFetch: isFetch, callsLeft: calls))
    }

    private func spoil(_ block: BlockID) {
        model.setContents(of: block, to: Array(repeating: Self.rubbish, count: model.blockTokens))
    }

    /// Until all that is under way was told: nobody waits for a bell here.
    var hasEvents: Bool { !transfers.isEmpty }

    func takeEvents() -> [PrefixTierEvent] {
        let due = transfers.filter { $0.callsLeft == 0 }
        transfers.removeAll { $0.callsLeft == 0 }
        for index in transfers.indices { transfers[index].callsLeft -= 1 }
        return due.map { $0.isFetch ? fetched($0) : stored($0) }
    }

    private func fetched(_ transfer: Transfer) -> PrefixTierEvent {
        let request = transfer.request
        var count = 0
        for (place, block) in request.blocks.enumerated() {
            let isFaulty = manner.blocksPerFault > 0 && random.next() % manner.blocksPerFault == 0
            let key = key(request.firstBlock + place, request.tokens, request.root)
            guard !isFaulty, let contents = memory.blocks[key] else { break }
            model.setContents(of: block, to: contents)
            count += 1
        }
        return .fetched(transfer.id, blockCount: count)
    }

    private func stored(_ transfer: Transfer) -> PrefixTierEvent {
        let request = transfer.request
        for (place, block) in request.blocks.enumerated() {
            let key = key(request.firstBlock + place, request.tokens, request.root)
            memory.blocks[key] = model.contents(of: block)
        }
        return .stored(transfer.id)
    }

    func noteComputed(promptTokens: Int, in time: Duration) {}
}
