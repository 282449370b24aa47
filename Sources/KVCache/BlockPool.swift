/// Why the pool lends nothing.
public enum PoolError: Error, Hashable, Sendable {
    case exhausted(wanted: Int, free: Int)
}

/// The KV memory of one model, lent out block by block.
///
/// - A block is either free or leased; `free + leased == count`, always.
/// - A leased block has at least one reference. It is free again when the last one is released, so a block
///   can have several readers: a prefix index, or sequences that share a beginning.
/// - Lending and taking back are O(1) each and allocate nothing.
///
/// The block that was freed last is lent first: its memory is the most likely to be in a cache still.
public struct BlockPool: ~Copyable {
    /// Blocks in all.
    public let count: Int
    /// How many hold each block; 0 is free.
    private var references: [UInt32]
    /// The free ones, as a stack.
    private var free: [BlockID]

    public init(count: Int) {
        precondition(
            count >= 0 && count <= Int(UInt32.max),
            "a pool holds as many blocks as a block id can name"
        )
        self.count = count
        references = Array(repeating: 0, count: count)
        free = (0..<count).reversed().map { BlockID(rawValue: UInt32($0)) }
    }

    public var freeCount: Int { free.count }
    public var leasedCount: Int { count - free.count }

    /// Lends one block, with one reference.
    public mutating func lease() throws(PoolError) -> BlockID {
        guard let block = free.popLast() else { throw .exhausted(wanted: 1, free: 0) }
        references[Int(block.rawValue)] = 1
        return block
    }

    /// One more reader of a leased block.
    public mutating func retain(_ block: BlockID) {
        precondition(references[Int(block.rawValue)] > 0, "only a leased block can be shared")
        references[Int(block.rawValue)] += 1
    }

    /// One reader less; with the last one the block is free.
    public mutating func release(_ block: BlockID) {
        let index = Int(block.rawValue)
        precondition(references[index] > 0, "a block is given back once for each time it was taken")
        references[index] -= 1
        if references[index] == 0 { free.append(block) }
    }

    public func referenceCount(of block: BlockID) -> Int { Int(references[Int(block.rawValue)]) }

    /// What is wrong with the books; empty when they balance.
    ///
    /// O(count).
    public func audit() -> [String] {
        var violations: [String] = []
        var isListed = Array(repeating: false, count: count)
        for block in free {
            let index = Int(block.rawValue)
            if isListed[index] { violations.append("block \(index) is free twice") }
            if references[index] != 0 {
                violations.append("block \(index) is free with \(references[index]) references")
            }
            isListed[index] = true
        }
        for index in 0..<count where !isListed[index] && references[index] == 0 {
            violations.append("block \(index) is neither free nor leased")
        }
        let leased = references.count { $0 > 0 }
        if free.count + leased != count {
            violations.append("\(free.count) free and \(leased) leased blocks do not make \(count)")
        }
        return violations
    }
}
