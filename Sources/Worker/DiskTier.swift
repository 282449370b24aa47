internal import Contract
internal import Engine
internal import KVCache
internal import PrefixStore
internal import Synchronization
internal import Transformer

/// The prefixes on disk as the engine of one model sees them.
///
/// Belongs to the engine's thread; the store's threads reach it by the inbox of its events alone.
final class DiskTier: PrefixTier {
    /// Steps with fewer rows of prompts say little about how fast prompts are computed.
    private static let leastTokens = 16

    private final class Events: Sendable {
        private let waiting = Mutex<[PrefixTierEvent]>([])
        private let ring: @Sendable () -> Void

        init(ring: @escaping @Sendable () -> Void) { self.ring = ring }

        var isEmpty: Bool { waiting.withLock { $0.isEmpty } }

        func post(_ event: PrefixTierEvent) {
            waiting.withLock { $0.append(event) }
            ring()
        }

        func take() -> [PrefixTierEvent] {
            waiting.withLock { events in
                defer { events = [] }
                return events
            }
        }
    }

    private let shelf: PrefixShelf
    private let model: TransformerModel
    private let events: Events
    /// Half of it is what was seen last; nil before anything was.
    private var tokensPerSecond: Double?

    /// `ring` wakes the engine's thread, from any other.
    init(_ shelf: PrefixShelf, _ model: TransformerModel, ring: @escaping @Sendable () -> Void) {
        self.shelf = shelf
        self.model = model
        events = Events(ring: ring)
    }

    func blockCount(of tokens: [TokenID], root: PrefixRoot, beyond firstBlock: Int) -> Int? {
        guard let prefix = shelf.match(tokens, scope: scope(root)), prefix.blockCount > firstBlock else {
            return nil
        }
        if let tokensPerSecond,
            !shelf.isWorthFetching(prefix, from: firstBlock, insteadOf: tokensPerSecond)
        {
            return nil
        }
        return prefix.blockCount
    }

    func fetch(_ transfer: PrefixTransferID, _ request: PrefixTransferRequest) {
        let events = events
        guard let prefix = shelf.match(request.tokens, scope: scope(request.root)) else {
            return events.post(.fetched(transfer, blockCount: 0))
        }
        shelf.fetch(prefix, from: request.firstBlock, into: memory(of: request.blocks)) { count in
            events.post(.fetched(transfer, blockCount: count))
        }
    }

    func firstMissingBlock(of tokens: [TokenID], root: PrefixRoot) -> Int? {
        shelf.firstMissingBlock(of: tokens, scope: scope(root))
    }

    func store(_ transfer: PrefixTransferID, _ request: PrefixTransferRequest) -> Bool {
        let events = events
        return shelf.store(
            request.tokens,
            scope: scope(request.root),
            from: request.firstBlock,
            blocks: memory(of: request.blocks)
        ) { events.post(.stored(transfer)) }
    }

    func takeEvents() -> [PrefixTierEvent] { events.take() }

    var hasEvents: Bool { !events.isEmpty }

    func noteComputed(promptTokens: Int, in time: Duration) {
        let seconds = time / .seconds(1)
        guard promptTokens >= Self.leastTokens, seconds > 0 else { return }
        let seen = Double(promptTokens) / seconds
        tokensPerSecond = tokensPerSecond.map { ($0 + seen) / 2 } ?? seen
    }

    private func scope(_ root: PrefixRoot) -> String { "\(root.frequencySet)/\(root.scope)" }

    private func memory(of blocks: [BlockID]) -> [BlockMemory] {
        let owner = model.blockOwner
        return blocks.map { BlockMemory(model.bytes(of: $0), owner: owner) }
    }
}
