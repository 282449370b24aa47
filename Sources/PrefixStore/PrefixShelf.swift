public import Contract
internal import EventLoop

/// One model's prefixes on disk.
public struct PrefixShelf: Sendable {
    let store: PrefixStore
    let identity: PrefixIdentity

    /// The longest stored beginning of a text, in whole blocks; nil where there is none.
    ///
    /// Looks into memory only.
    public func match(_ tokens: [TokenID], scope: String) -> StoredPrefix? {
        guard let root = SegmentID(rootOf: identity, scope: scope) else { return nil }
        let pieces = store.withCatalogue {
            $0.match(tokens, root: root, blockTokens: identity.blockTokens)
        }
        return pieces.isEmpty ? nil : StoredPrefix(pieces: pieces, blockTokens: identity.blockTokens)
    }

    /// Whether blocks from `firstBlock` on come faster from disk than by computing so many tokens a second.
    public func isWorthFetching(
        _ prefix: StoredPrefix,
        from firstBlock: Int,
        insteadOf tokensPerSecond: Double
    ) -> Bool {
        let blockCount = prefix.blockCount - firstBlock
        guard blockCount > 0 else { return false }
        let computing = Double(blockCount * identity.blockTokens) / tokensPerSecond
        guard store.fetchRate.seconds(for: blockCount * identity.blockBytes) >= computing else { return true }
        store.changeRate { $0.noteSkip() }
        store.count { $0.skippedPrefixes += 1 }
        return false
    }

    /// Fills `blocks` with the prefix's blocks from `firstBlock` on.
    ///
    /// Then calls `done` once, on a thread of the store, with how many are right, counted from the first; the
    /// others hold anything at all.
    public func fetch(
        _ prefix: StoredPrefix,
        from firstBlock: Int,
        into blocks: [BlockMemory],
        done: @escaping @Sendable (Int) -> Void
    ) {
        precondition(firstBlock >= 0, "blocks count from 0")
        precondition(blocks.allSatisfy { $0.bytes.count == identity.blockBytes }, "a block fits its memory")
        let fetch = PrefixFetch(store: store, identity: identity)
        let isTaken = store.reader.post {
            done(
                fetch.run(fetch.slices(of: prefix, from: firstBlock, blockCount: blocks.count), into: blocks)
            )
        }
        if !isTaken { done(0) }
    }

    /// From which block on a text has to be given to `store`; nil where nothing of it is worth writing.
    public func firstMissingBlock(of tokens: [TokenID], scope: String) -> Int? {
        guard tokens.count >= max(store.limits.minTokens, identity.blockTokens), store.isWriting,
            let root = SegmentID(rootOf: identity, scope: scope)
        else { return nil }
        let gap = store.withCatalogue { PrefixGap(in: $0, tokens, root: root, identity) }
        return gap.map { $0.start / identity.blockTokens }
    }

    /// Writes the whole blocks of a text that are not on disk yet; `blocks` begin with number `firstBlock`.
    ///
    /// `done` is called once, on a thread of the store, when they are no longer looked at, written or not. False
    /// where too much waits already: then it is never called.
    public func store(
        _ tokens: [TokenID],
        scope: String,
        from firstBlock: Int,
        blocks: [BlockMemory],
        done: @escaping @Sendable () -> Void
    ) -> Bool {
        precondition(firstBlock >= 0, "blocks count from 0")
        precondition(blocks.allSatisfy { $0.bytes.count == identity.blockBytes }, "a block fits its memory")
        let bytes = blocks.count * identity.blockBytes
        guard let root = SegmentID(rootOf: identity, scope: scope), store.enqueue(bytes) else { return false }
        let store = store
        let spill = PrefixSpill(store: store, identity: identity, root: root, tokens: tokens)
        let isTaken = store.writer.post {
            spill.run(blocks, from: firstBlock)
            store.dequeue(bytes)
            done()
        }
        if !isTaken { store.dequeue(bytes) }
        return isTaken
    }
}
