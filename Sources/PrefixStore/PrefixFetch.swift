internal import Contract
internal import EventLoop
internal import Telemetry

/// The reading of one prefix, on the reader's thread.
struct PrefixFetch: Sendable {
    let store: PrefixStore
    let identity: PrefixIdentity

    /// What of one segment is wanted.
    struct Slice: Sendable {
        let key: SegmentKey
        /// Of the segment.
        let blocks: Range<Int>
    }

    /// The parts of the segments that hold `blockCount` blocks from number `first` on.
    func slices(of prefix: StoredPrefix, from first: Int, blockCount: Int) -> [Slice] {
        var slices: [Slice] = []
        let end = first + blockCount
        var start = 0
        for piece in prefix.pieces {
            let from = max(first - start, 0)
            let to = min(end - start, piece.blockCount)
            if from < to { slices.append(Slice(key: piece.key, blocks: from..<to)) }
            start += piece.blockCount
        }
        return slices
    }

    /// How many blocks are right, counted from the first.
    func run(_ slices: [Slice], into memory: [BlockMemory]) -> Int {
        guard !store.isStopping else { return 0 }
        let began = EventLoop.monotonicNow()
        if let last = slices.last { store.withCatalogue { $0.use(last.key.id) } }
        var count = 0
        // Opened one ahead, so that the system reads it while this one is copied.
        var ahead = slices.first.map(open)
        for (index, slice) in slices.enumerated() {
            guard let file = ahead else { break }
            ahead = index + 1 < slices.count ? open(slices[index + 1]) : nil
            do {
                for block in slice.blocks {
                    try file.get().read(block: block, into: memory[count])
                    count += 1
                }
            } catch {
                drop(slice.key.id, because: error)
                break
            }
        }
        let blockCount = count
        let seconds = (EventLoop.monotonicNow() - began) / .seconds(1)
        store.changeRate { $0.note(bytes: blockCount * identity.blockBytes, in: seconds) }
        store.count {
            $0.fetchedPrefixes += blockCount > 0 ? 1 : 0
            $0.fetchedTokens += UInt64(blockCount * identity.blockTokens)
            $0.fetchedBytes += UInt64(blockCount * identity.blockBytes)
        }
        return blockCount
    }

    private func open(_ slice: Slice) -> Result<SegmentFile, SegmentFault> {
        Result { () throws(SegmentFault) in
            try SegmentFile(path: store.folder.path(of: slice.key.id), expecting: slice.key, of: identity)
        }
    }

    /// What continues it goes too, and what was evicted meanwhile is no mistake.
    private func drop(_ id: SegmentID, because fault: SegmentFault) {
        let count = store.withCatalogue { $0.contains(id) ? $0.remove(id) : 0 }
        guard count > 0 else { return }
        store.count { $0.damagedSegments += 1 }
        store.log.warn(
            "a prefix on disk is damaged and was dropped",
            ["reason": "\(fault)", "segments": LogValue(count)]
        )
        store.flush()
    }
}
