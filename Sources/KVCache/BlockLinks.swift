internal import Contract

/// Which links of prompts the blocks of a pool bear out.
///
/// A link hangs at the block that holds the last of its tokens. The index forgets leaves first, so as long as
/// that block is known all before it are, and the link is worth its tokens; when the block goes, the link
/// goes. Nobody ever has to look for what an eviction has undone.
///
/// - A link hangs at one block at most: at the one that was computed for it last.
/// - Hanging one up and letting go of a block are O(1) for each link.
struct BlockLinks {
    private struct Record {
        var link: PrefixLink
        var block = none
        var next = none
        var previous = none
    }

    private static let none: Int32 = -1
    /// Links of one block, on average: more are not kept.
    private static let perBlock = 4
    private static let least = 1024

    private let limit: Int
    private let blockCount: Int
    /// The first link of each block; empty until there is one.
    private var heads: [Int32] = []
    private var records: [Record] = []
    private var free: [Int32] = []
    private var places: [PrefixLink: Int32] = [:]
    private var changes: [HoldingChange] = []

    init(blockCount: Int) {
        self.blockCount = blockCount
        limit = Self.perBlock * blockCount + Self.least
    }

    var count: Int { places.count }

    /// Hangs a link at a block that is known to be full.
    mutating func attach(_ link: PrefixLink, tokens: Int, to block: BlockID) {
        let number = Int32(bitPattern: block.rawValue)
        if let place = places[link] {
            guard records[Int(place)].block != number else { return }
            unlink(place)
            hang(place, at: number)
        } else {
            guard places.count < limit else { return }
            if heads.isEmpty { heads = Array(repeating: Self.none, count: blockCount) }
            let place = free.popLast() ?? Int32(records.count)
            if Int(place) == records.count { records.append(Record(link: link)) }
            records[Int(place)] = Record(link: link)
            places[link] = place
            hang(place, at: number)
        }
        changes.append(.stored(Holding(link, tokens: UInt32(clamping: tokens))))
    }

    /// The block's content is forgotten.
    mutating func detachAll(from block: BlockID) {
        guard !heads.isEmpty else { return }
        while heads[Int(block.rawValue)] != Self.none {
            let place = heads[Int(block.rawValue)]
            let link = records[Int(place)].link
            unlink(place)
            places[link] = nil
            free.append(place)
            changes.append(.dropped(link))
        }
    }

    /// What has happened since the last call, in order.
    mutating func takeChanges() -> [HoldingChange] {
        defer { changes.removeAll() }
        return changes
    }

    /// Every link with its block.
    var all: [PrefixLink: BlockID] {
        places.mapValues { BlockID(rawValue: UInt32(bitPattern: records[Int($0)].block)) }
    }

    private mutating func hang(_ place: Int32, at block: Int32) {
        let head = heads[Int(block)]
        records[Int(place)].block = block
        records[Int(place)].next = head
        records[Int(place)].previous = Self.none
        if head != Self.none { records[Int(head)].previous = place }
        heads[Int(block)] = place
    }

    private mutating func unlink(_ place: Int32) {
        let record = records[Int(place)]
        if record.next != Self.none { records[Int(record.next)].previous = record.previous }
        if record.previous != Self.none {
            records[Int(record.previous)].next = record.next
        } else {
            heads[Int(record.block)] = record.next
        }
    }
}
