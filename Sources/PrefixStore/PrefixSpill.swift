internal import Contract
internal import Glibc

/// The writing of one prefix, on the writer's thread.
struct PrefixSpill: Sendable {
    let store: PrefixStore
    let identity: PrefixIdentity
    let root: SegmentID
    let tokens: [TokenID]

    /// Writes what is missing, segment by segment; `blocks` begin with number `firstBlock`.
    func run(_ blocks: [BlockMemory], from firstBlock: Int) {
        let gap = store.withCatalogue { catalogue -> PrefixGap? in
            let gap = PrefixGap(in: catalogue, tokens, root: root, identity)
            // Read or not, it was wanted again.
            if let parent = gap?.parent { catalogue.use(parent) }
            return gap
        }
        guard let gap, gap.start >= firstBlock * identity.blockTokens else { return }
        var kept: Set<SegmentID> = chain(to: gap.parent)
        var parent = gap.parent
        for start in stride(from: gap.start, to: gap.end, by: identity.segmentTokens) {
            let end = min(start + identity.segmentTokens, gap.end)
            let first = start / identity.blockTokens - firstBlock
            let last = end / identity.blockTokens - firstBlock
            guard last <= blocks.count, store.isWriting, !store.isLate,
                let key = SegmentKey(behind: parent, start: start, tokens: Array(tokens[start..<end])),
                write(key, blocks[first..<last], keeping: kept)
            else { return }
            parent = key.id
            kept.insert(parent)
        }
    }

    /// The segments that lead to one, itself included.
    private func chain(to id: SegmentID) -> Set<SegmentID> {
        store.withCatalogue { catalogue in
            var chain: Set<SegmentID> = []
            var next = catalogue.entry(id)
            while let entry = next, chain.insert(entry.id).inserted {
                next = catalogue.entry(entry.key.parent)
            }
            return chain
        }
    }

    private func write(
        _ key: SegmentKey,
        _ blocks: ArraySlice<BlockMemory>,
        keeping kept: Set<SegmentID>
    )
        -> Bool
    {
        let byteCount = SegmentHeader.fileBytes(
            blockTokens: identity.blockTokens,
            blockBytes: identity.blockBytes,
            blockCount: blocks.count
        )
        let hasRoom = store.withCatalogue {
            $0.makeRoom(for: byteCount, within: store.limits, keeping: kept)
        }
        store.flush()
        guard hasRoom else {
            store.count { $0.refusedPrefixes += 1 }
            return false
        }
        do {
            try SegmentFile.write(key, blocks, of: identity, to: store.folder.path(of: key.id))
        } catch {
            store.stopWriting("\(error)")
            return false
        }
        let entry = Catalogue.Entry(
            key: key,
            blockTokens: identity.blockTokens,
            byteCount: byteCount,
            created: Int64(time(nil))
        )
        let isIn = store.withCatalogue { catalogue in
            let isIn = catalogue.insert(entry)
            // The one before it was found damaged meanwhile.
            if !isIn { catalogue.forget(key.id) }
            return isIn
        }
        store.flush()
        guard isIn else { return false }
        store.noteWritten()
        store.count {
            $0.storedSegments += 1
            $0.storedBytes += UInt64(byteCount)
        }
        return true
    }
}
