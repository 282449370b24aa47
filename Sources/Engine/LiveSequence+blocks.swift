internal import KVCache
internal import Transformer

extension LiveSequence {
    /// Rows that it may have from others: one at least is left to compute, and all whose results it wants.
    var adoptable: Int { isScoring ? score?.knownRows ?? 0 : known - 1 }

    /// Takes the blocks that the pool knows of its tokens.
    mutating func adopt(from pool: inout BlockPool) {
        table.adopt(tokens, limit: adoptable, from: &pool)
        noteAdopted()
    }

    /// Copies what another block has of the tokens of its next one.
    mutating func copyTail(from pool: inout BlockPool, in model: any LanguageModel) {
        table.copyTail(tokens, limit: adoptable, from: &pool) { model.copyBlock(from: $0, to: $1) }
        noteAdopted()
    }

    /// Whether what it lacks of its next block is just what `leader` is about to compute.
    ///
    /// Not everything has to be there: what is in the blocks already, it would have taken.
    func follows(_ leader: LiveSequence) -> Bool {
        let end = min(table.openTokens + table.blockTokens, adoptable)
        guard computed < end, leader.computed < end, end <= leader.known, table.isLevel(with: leader.table)
        else { return false }
        return tokens[table.openTokens..<end] == leader.tokens[table.openTokens..<end]
    }

    /// Tells the pool what was computed, so that others can take it.
    mutating func publish(to pool: inout BlockPool) {
        table.index(tokens, upTo: computed, in: &pool)
        if hungLinks < links.count { hangLinks(in: &pool) }
    }

    /// Hangs the links of the prompt at the blocks that are there by now.
    private mutating func hangLinks(in pool: inout BlockPool) {
        while hungLinks < links.count {
            let blockCount = links[hungLinks].tokens / table.blockTokens
            guard blockCount * table.blockTokens <= table.indexedTokens else { return }
            let tokens = blockCount * table.blockTokens
            pool.attach(links[hungLinks].link, tokens: tokens, to: table.blocks[blockCount - 1])
            hungLinks += 1
        }
    }

    /// Leaves its blocks to the pool; what they hold has to be adopted or computed again.
    mutating func giveBack(to pool: inout BlockPool) {
        table.giveBack(to: &pool)
        computed = 0
        adopted = 0
        hungLinks = 0
    }

    private mutating func noteAdopted() {
        guard table.indexedTokens > computed else { return }
        adopted += table.indexedTokens - computed
        computed = table.indexedTokens
    }
}
