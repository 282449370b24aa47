/// What is whole in a directory when a store opens it.
///
/// Index and folder are made to agree: rows without their file and files without a whole prefix before them
/// go, and whole files that the index does not know come back in.
struct Inventory {
    private(set) var catalogue = Catalogue()
    /// Segments that were found by their files alone.
    let adoptedCount: Int
    /// Rows and files that were of no use.
    let droppedCount: Int

    init(_ folder: PrefixFolder, rows: [Catalogue.Entry], limits: PrefixLimits) {
        var files = folder.take()
        var found: [SegmentID: Catalogue.Entry] = [:]
        for row in rows where files[row.id] == row.byteCount {
            found[row.id] = row
            files[row.id] = nil
        }
        var unlisted: Set<SegmentID> = []
        for (id, byteCount) in files {
            guard let entry = Self.entry(id, byteCount, folder) else { continue }
            found[id] = entry
            unlisted.insert(id)
        }
        let whole = Self.closed(found)
        let kept = Set(whole.map(\.id))
        catalogue.restore(whole, unlisted: unlisted.intersection(kept))
        adoptedCount = unlisted.intersection(kept).count
        let useless = Set(rows.map(\.id)).union(files.keys).subtracting(kept)
        for id in useless { catalogue.forget(id) }
        catalogue.trim(toBytes: limits.diskBytes, segments: limits.segments)
        droppedCount = useless.count + kept.count - catalogue.count
    }

    /// What a file says of itself, where it is one that a store wrote under that name.
    private static func entry(_ id: SegmentID, _ byteCount: Int, _ folder: PrefixFolder) -> Catalogue.Entry? {
        guard let header = try? SegmentFile(path: folder.path(of: id)).header, header.key.id == id,
            header.key.isConsistent
        else { return nil }
        return Catalogue.Entry(key: header.key, blockTokens: header.blockTokens, byteCount: byteCount)
    }

    /// Those whose predecessors are all there, in the order of their starts.
    private static func closed(_ found: [SegmentID: Catalogue.Entry]) -> [Catalogue.Entry] {
        var kept: [SegmentID: Catalogue.Entry] = [:]
        var ordered: [Catalogue.Entry] = []
        for entry in found.values.sorted(by: { $0.key.start < $1.key.start }) {
            let parent = kept[entry.key.parent]?.key
            let continues = parent.map { $0.start + $0.tokens.count == entry.key.start } ?? false
            guard entry.key.start == 0 || continues else { continue }
            kept[entry.id] = entry
            ordered.append(entry)
        }
        return ordered
    }
}
