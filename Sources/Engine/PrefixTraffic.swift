internal import Contract
internal import KVCache

/// What is under way between the engine's memory and its tier.
///
/// Each transfer refers to its blocks by a table of its own, like a sequence. So it does not matter to it
/// what becomes of the sequence that it was begun for, and nobody else gets the memory that it reads or
/// writes.
struct PrefixTraffic {
    struct Transfer {
        var request: PrefixTransferRequest
        var table: BlockTable

        /// The text's blocks that are fetched or stored.
        var places: Range<Int> {
            request.firstBlock..<request.firstBlock + request.blocks.count
        }
    }

    private var lastID: UInt64 = 0
    private(set) var fetches: [PrefixTransferID: Transfer] = [:]
    private(set) var stores: [PrefixTransferID: Transfer] = [:]

    var isEmpty: Bool { fetches.isEmpty && stores.isEmpty }
    /// Blocks that nobody can have before they are stored.
    var storedBlockCount: Int { stores.values.reduce(0) { $0 + $1.table.blocks.count } }

    mutating func nextID() -> PrefixTransferID {
        lastID += 1
        return PrefixTransferID(rawValue: lastID)
    }

    mutating func addFetch(_ id: PrefixTransferID, _ transfer: Transfer) { fetches[id] = transfer }
    mutating func addStore(_ id: PrefixTransferID, _ transfer: Transfer) { stores[id] = transfer }
    mutating func removeFetch(_ id: PrefixTransferID) -> Transfer? { fetches.removeValue(forKey: id) }
    mutating func removeStore(_ id: PrefixTransferID) -> Transfer? { stores.removeValue(forKey: id) }

    /// The fetch that brings a block of a text, if it is under way already.
    func fetch(ofBlock place: Int, of tokens: [TokenID], _ table: BlockTable) -> PrefixTransferID? {
        let end = (place + 1) * table.blockTokens
        guard end <= tokens.count else { return nil }
        return fetches.first { _, transfer in
            transfer.request.root == table.root && transfer.places.contains(place)
                && transfer.request.tokens[..<end] == tokens[..<end]
        }?.key
    }
}
