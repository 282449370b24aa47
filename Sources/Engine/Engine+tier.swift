internal import Contract
internal import KVCache

/// How the engine uses its tier: what a sequence lacks is fetched before it is computed, and what a sequence
/// leaves behind is stored.
extension Engine {
    /// How often one sequence waits for the tier: enough for a text that others have just extended, and an
    /// end to it where memory is so short that what was fetched is gone again at once.
    static var recallLimit: Int { 3 }

    /// Takes in what the tier has fetched, and lets go of what it has stored.
    mutating func settleTransfers() {
        for event in tier?.takeEvents() ?? [] {
            switch event {
            case .fetched(let id, let blockCount): settleFetch(id, blockCount)
            case .stored(let id):
                guard var transfer = traffic.removeStore(id) else { continue }
                transfer.table.giveBack(to: &pool)
            }
        }
    }

    /// What was fetched becomes known as if it had been computed here.
    private mutating func settleFetch(_ id: PrefixTransferID, _ blockCount: Int) {
        guard var transfer = traffic.removeFetch(id) else { return }
        let rightCount = min(max(0, blockCount), transfer.places.count)
        let tokenCount = (transfer.places.lowerBound + rightCount) * frame.blockTokens
        transfer.table.index(transfer.request.tokens, upTo: tokenCount, in: &pool)
        transfer.table.giveBack(to: &pool)
        tally.fetchedTokens += UInt64(rightCount * frame.blockTokens)
        for index in batch.indices where batch[index].fetch == id {
            batch[index].fetch = nil
            let isOwn = transfer.request.tokens.prefix(tokenCount).elementsEqual(
                batch[index].tokens.prefix(tokenCount)
            )
            if isOwn { batch[index].fetched += rightCount * frame.blockTokens }
            // Whoever was promised more than came does not ask again.
            if rightCount < transfer.places.count { batch[index].recallsLeft = 0 }
        }
    }

    /// Asks the tier for what memory lacks of the sequences that have come into the batch.
    ///
    /// While it is fetched they hold no blocks, and the others go on.
    mutating func recall() {
        guard let tier, pool.sharesPrefixes else { return }
        for index in batch.indices
        where batch[index].recallsLeft > 0 && batch[index].fetch == nil && !batch[index].isPaused {
            guard batch[index].holdsBlocks || StepPlanner.start(index, of: &batch, &pool) else { continue }
            batch[index].adopt(from: &pool)
            recall(index, from: tier)
        }
    }

    private mutating func recall(_ index: Int, from tier: any PrefixTier) {
        let table = batch[index].table
        let place = table.indexedTokens / frame.blockTokens
        let end = batch[index].adoptable / frame.blockTokens
        let tokens = Array(batch[index].tokens.prefix(end * frame.blockTokens))
        let ahead = traffic.fetch(ofBlock: place, of: tokens, table)
        guard let id = ahead ?? startFetch(tokens, table, from: place, tier) else {
            batch[index].recallsLeft = 0
            return
        }
        batch[index].recallsLeft -= 1
        batch[index].fetch = id
        batch[index].giveBack(to: &pool)
    }

    /// Nil where computing is faster, or the only way.
    private mutating func startFetch(
        _ tokens: [TokenID],
        _ own: BlockTable,
        from place: Int,
        _ tier: any PrefixTier
    ) -> PrefixTransferID? {
        guard let blockCount = tier.blockCount(of: tokens, root: own.root, beyond: place),
            blockCount > place, blockCount * frame.blockTokens <= tokens.count
        else { return nil }
        let tokens = Array(tokens.prefix(blockCount * frame.blockTokens))
        var table = BlockTable(blockTokens: frame.blockTokens, root: own.root)
        table.adopt(tokens, limit: place * frame.blockTokens, from: &pool)
        guard table.blocks.count == place, (try? table.cover(tokens.count, from: &pool)) != nil else {
            table.giveBack(to: &pool)
            return nil
        }
        let request = PrefixTransferRequest(
            tokens: tokens,
            root: own.root,
            firstBlock: place,
            blocks: Array(table.blocks[place...])
        )
        let id = traffic.nextID()
        traffic.addFetch(id, PrefixTraffic.Transfer(request: request, table: table))
        tier.fetch(id, request)
        return id
    }

    /// Has the tier store what a sequence leaves behind.
    ///
    /// Half of the memory at most waits for that, the rest is there for those who run.
    mutating func spill(_ sequence: LiveSequence) {
        guard let tier, pool.sharesPrefixes else { return }
        let room = pool.count / 2 - traffic.storedBlockCount
        let blockCount = min(sequence.table.indexedTokens / frame.blockTokens, room)
        guard blockCount > 0 else { return }
        let root = sequence.table.root
        let tokens = Array(sequence.tokens.prefix(blockCount * frame.blockTokens))
        guard let place = tier.firstMissingBlock(of: tokens, root: root), place < blockCount else { return }
        var table = BlockTable(blockTokens: frame.blockTokens, root: root)
        table.adopt(tokens, limit: tokens.count, from: &pool)
        let request = PrefixTransferRequest(
            tokens: tokens,
            root: root,
            firstBlock: place,
            blocks: Array(table.blocks.dropFirst(place))
        )
        let id = traffic.nextID()
        if table.blocks.count == blockCount, tier.store(id, request) {
            traffic.addStore(id, PrefixTraffic.Transfer(request: request, table: table))
        } else {
            table.giveBack(to: &pool)
        }
    }
}
