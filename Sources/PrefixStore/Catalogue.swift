internal import Contract

/// What is on disk, in memory: a tree of segments that finds the longest stored beginning of a text.
///
/// - Residency is prefix-closed: a segment is there only while the one before it is.
/// - In the order of use a parent is always newer than its children, so the oldest is always a leaf, and
///   dropping it costs O(1).
/// - Finding costs O(tokens found), times the siblings that begin with the same block.
///
/// A pure value; who changes it brings files and index up to what it says.
struct Catalogue {
    /// A segment that is on disk.
    struct Entry: Hashable, Sendable {
        var key: SegmentKey
        var blockTokens: Int
        /// Of its file.
        var byteCount: Int
        /// When it was last used, counted in uses.
        var used: UInt64 = 0
        /// Seconds since 1970; for people who look.
        var created: Int64 = 0

        var id: SegmentID { key.id }
    }

    /// Where siblings that begin with the same block hang; tells apart as well as a hash does.
    private struct Branch: Hashable {
        var parent: SegmentID
        var firstBlock: Int

        init(parent: SegmentID, firstBlock tokens: ArraySlice<TokenID>) {
            self.parent = parent
            var hasher = Hasher()
            for token in tokens { hasher.combine(token) }
            firstBlock = hasher.finalize()
        }
    }

    private var entries: [Entry?] = []
    private var freeNumbers: [Int] = []
    private var numbers: [SegmentID: Int] = [:]
    private var branches: [Branch: [Int]] = [:]
    private var order = UseOrder()
    private var useCount: UInt64 = 0
    private var changes = CatalogueChanges()
    /// Of all files.
    private(set) var byteCount = 0

    var count: Int { numbers.count }
    var isEmpty: Bool { numbers.isEmpty }

    func contains(_ id: SegmentID) -> Bool { numbers[id] != nil }
    func entry(_ id: SegmentID) -> Entry? { numbers[id].flatMap { entries[$0] } }

    // MARK: Finding

    /// The stored segments that `tokens` begin with, in whole blocks; of the last one it may be a part.
    func match(_ tokens: [TokenID], root: SegmentID, blockTokens: Int) -> [StoredPiece] {
        var pieces: [StoredPiece] = []
        var parent = root
        var start = 0
        while let piece = longestChild(of: parent, beginning: tokens[start...], blockTokens) {
            pieces.append(piece)
            start += piece.blockCount * blockTokens
            guard piece.isWhole(blockTokens) else { break }
            parent = piece.key.id
        }
        return pieces
    }

    private func longestChild(
        of parent: SegmentID,
        beginning tokens: ArraySlice<TokenID>,
        _ blockTokens: Int
    ) -> StoredPiece? {
        guard tokens.count >= blockTokens else { return nil }
        let branch = Branch(parent: parent, firstBlock: tokens.prefix(blockTokens))
        var longest: StoredPiece?
        for number in branches[branch] ?? [] {
            guard let entry = entries[number], entry.blockTokens == blockTokens else { continue }
            let common = commonCount(entry.key.tokens, tokens) / blockTokens
            if common > longest?.blockCount ?? 0 { longest = StoredPiece(key: entry.key, blockCount: common) }
        }
        return longest
    }

    private func commonCount(_ left: [TokenID], _ right: ArraySlice<TokenID>) -> Int {
        var count = 0
        while count < min(left.count, right.count), left[count] == right[right.startIndex + count] {
            count += 1
        }
        return count
    }

    // MARK: Changing

    /// Marks segments as just used, with all that come before them.
    mutating func use(_ id: SegmentID) {
        var next = numbers[id]
        while let number = next, let parent = entries[number]?.key.parent {
            order.use(number)
            useCount += 1
            entries[number]?.used = useCount
            if let id = entries[number]?.id { changes.used.insert(id) }
            next = numbers[parent]
        }
    }

    /// Adds a segment that lies whole in its place, as just used.
    ///
    /// Shorter ones that it continues are of no more use and leave; false where the one before it has gone.
    mutating func insert(_ entry: Entry) -> Bool {
        guard !contains(entry.id), entry.key.start == 0 || contains(entry.key.parent),
            !entry.key.tokens.isEmpty
        else { return false }
        let branch = self.branch(of: entry)
        for sibling in branches[branch] ?? [] {
            guard let shorter = entries[sibling]?.key, shorter.tokens.count < entry.key.tokens.count,
                entry.key.tokens.starts(with: shorter.tokens)
            else { continue }
            remove(shorter.id)
        }
        place(entry)
        changes.removed.remove(entry.id)
        changes.added.insert(entry.id)
        use(entry.id)
        return true
    }

    /// Takes over what an earlier life left, each with the one before it, and the order in which it was used.
    ///
    /// Those of `unlisted` are not in the index.
    mutating func restore(_ restored: [Entry], unlisted: Set<SegmentID>) {
        for entry in restored { place(entry) }
        useCount = restored.reduce(0) { max($0, $1.used) }
        var last: UInt64 = 0
        for entry in restored.sorted(by: { $0.used < $1.used }) {
            guard let number = numbers[entry.id] else { continue }
            let parent = self.entry(entry.key.parent)
            if entry.used > last, entry.key.start == 0 || parent.map({ $0.used > entry.used }) ?? false {
                order.use(number)
                last = entry.used
            }
        }
        // What has no place of its own in the order comes last, and its parents behind it.
        for entry in restored where numbers[entry.id].map({ !order.contains($0) }) ?? false { use(entry.id) }
        changes.added = unlisted
    }

    /// Has a segment removed that never came in.
    mutating func forget(_ id: SegmentID) { if !contains(id) { changes.removed.insert(id) } }

    private mutating func place(_ entry: Entry) {
        let number = freeNumbers.popLast() ?? entries.count
        if number == entries.count { entries.append(entry) } else { entries[number] = entry }
        numbers[entry.id] = number
        branches[branch(of: entry), default: []].append(number)
        byteCount += entry.byteCount
    }

    /// Removes a segment and all that continue it; one that is not there is no mistake.
    @discardableResult
    mutating func remove(_ id: SegmentID) -> Int {
        var doomed: Set = [id]
        if let start = entry(id)?.key.start, hasChildren(id) {
            let later = entries.compactMap { $0 }.filter { $0.key.start > start }
            for entry in later.sorted(by: { $0.key.start < $1.key.start })
            where doomed.contains(entry.key.parent) {
                doomed.insert(entry.id)
            }
        }
        for id in doomed { removeOne(id) }
        return doomed.count
    }

    /// Drops what was not used for longest until another segment of so many bytes fits; false where it cannot
    /// fit beside `kept`.
    mutating func makeRoom(for bytes: Int, within limits: PrefixLimits, keeping kept: Set<SegmentID>) -> Bool
    {
        guard bytes <= limits.diskBytes, limits.segments > 0 else { return false }
        return trim(toBytes: limits.diskBytes - bytes, segments: limits.segments - 1, keeping: kept)
    }

    /// Drops what was not used for longest until no more than that is left.
    @discardableResult
    mutating func trim(toBytes bytes: Int, segments: Int, keeping kept: Set<SegmentID> = []) -> Bool {
        while byteCount > bytes || count > segments {
            guard let oldest = order.oldest.flatMap({ entries[$0]?.id }), !kept.contains(oldest) else {
                return false
            }
            removeOne(oldest)
        }
        return true
    }

    /// What has changed since the last call.
    mutating func takeChanges() -> CatalogueChanges.Rows {
        defer { changes = CatalogueChanges() }
        return CatalogueChanges.Rows(
            put: changes.added.union(changes.used).compactMap(entry),
            removed: Array(changes.removed)
        )
    }

    private mutating func removeOne(_ id: SegmentID) {
        guard let number = numbers.removeValue(forKey: id), let entry = entries[number] else { return }
        let branch = self.branch(of: entry)
        branches[branch]?.removeAll { $0 == number }
        if branches[branch]?.isEmpty == true { branches[branch] = nil }
        order.remove(number)
        entries[number] = nil
        freeNumbers.append(number)
        byteCount -= entry.byteCount
        changes.added.remove(id)
        changes.used.remove(id)
        changes.removed.insert(id)
    }

    /// Only a whole segment is ever continued; which ones are is seen by looking, for this is rare.
    private func hasChildren(_ id: SegmentID) -> Bool { entries.contains { $0?.key.parent == id } }

    private func branch(of entry: Entry) -> Branch {
        Branch(parent: entry.key.parent, firstBlock: entry.key.tokens.prefix(entry.blockTokens))
    }

    // MARK: Checking

    /// What is wrong with the books; empty when they balance.
    ///
    /// O(segments).
    func audit() -> [String] {
        var violations: [String] = []
        let all = entries.compactMap { $0 }
        if all.count != count { violations.append("\(all.count) entries have \(count) names") }
        if all.reduce(0, { $0 + $1.byteCount }) != byteCount {
            violations.append("the bytes do not add up to \(byteCount)")
        }
        for entry in all where entry.key.start > 0 {
            guard let parent = self.entry(entry.key.parent) else {
                violations.append("\(entry.id.name) continues nothing")
                continue
            }
            if parent.used <= entry.used { violations.append("\(entry.id.name) is newer than its parent") }
        }
        var ordered = 0
        var last: UInt64 = 0
        var next = order.oldest
        while let number = next {
            let used = entries[number]?.used ?? 0
            if used <= last { violations.append("the order of use has \(used) after \(last)") }
            last = used
            ordered += 1
            next = order.newer(than: number)
        }
        if ordered != count { violations.append("\(ordered) of \(count) are in the order of use") }
        return violations
    }
}

/// What index and folder have to be told.
struct CatalogueChanges {
    var added: Set<SegmentID> = []
    var used: Set<SegmentID> = []
    var removed: Set<SegmentID> = []

    /// The same as rows to write and names to remove.
    struct Rows {
        var put: [Catalogue.Entry]
        var removed: [SegmentID]

        var isEmpty: Bool { put.isEmpty && removed.isEmpty }
    }
}
