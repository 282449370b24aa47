internal import Contract
internal import Ownership

/// What a coordinator goes by when it chooses among workers: one of them, for jobs of one model.
///
/// Made of what the worker has told and been given whenever either changes, so that a choice among hundreds
/// looks at numbers alone.
struct Seat: Equatable, Sendable {
    /// What the leases of one model come to.
    struct Tally: Equatable, Sendable {
        var count = 0
        var tokens: UInt64 = 0
        var lowCount = 0
        var lowTokens: UInt64 = 0
        var displacingCount = 0
        var displacingTokens: UInt64 = 0
    }

    /// What one job asks for.
    struct Needs {
        var charge: Charge
        /// The part that it has to leave free.
        var headroom: Double
        /// Whether a low one may have to stand aside for it.
        var mayDisplace: Bool
    }

    /// What there is for one job.
    struct Room {
        /// Whether a low job has to stand aside for it.
        var displaces: Bool
        var tokens: UInt64
    }

    let node: NodeID
    /// By which the ownership index knows the worker.
    var number: Int
    var fingerprint = ""
    /// What can be leased now.
    var freeSequences: UInt32 = 0
    var freeTokens: UInt64 = 0
    /// Places in all, as far as its credit tells.
    var slotCount = 0
    var tally = Tally()
    /// Tokens of prompts that are leased there and not computed yet.
    var backlogTokens: UInt64 = 0
    /// What its engine tells of itself.
    var load: ModelLoad?
    /// The part of its prompts that was found and not computed.
    var reuse = 0.0
    /// Tokens of prompts that it has computed.
    var computedTokens: UInt64 = 0

    /// After so many computed tokens its own speed counts half: who has measured little, and that something
    /// slow, is tried again.
    private static let tokensOfTrust = 8192.0

    /// What there is for a job here; nil if it cannot be leased.
    ///
    /// A job larger than what is free still runs on a worker that has nothing else to do: the engine makes
    /// room or says why not, and a job that fits nowhere does not block its lane for ever. A high job may
    /// take the place of a low one that nobody took yet.
    func room(for needs: Needs) -> Room? {
        let charge = needs.charge
        var (sequences, tokens) = (freeSequences, min(freeTokens, WorkerPeer.tokenLimit))
        if needs.headroom > 0, tally.count > 0 {
            sequences -= min(sequences, UInt32(Double(slotCount) * needs.headroom))
            tokens -= min(tokens, UInt64(Double(tokens + tally.tokens) * needs.headroom))
        }
        if sequences >= charge.sequences, tokens >= charge.tokens || tally.count == 0 {
            return Room(displaces: false, tokens: tokens)
        }
        guard needs.mayDisplace else { return nil }
        let places = Int(sequences) + tally.lowCount - tally.displacingCount
        tokens += tally.lowTokens - min(tally.lowTokens, tally.displacingTokens)
        guard places >= Int(charge.sequences), tokens >= charge.tokens else { return nil }
        return Room(displaces: true, tokens: tokens)
    }

    /// Whether any job at all could be leased here.
    var mayHaveRoom: Bool { freeSequences > 0 || tally.lowCount > tally.displacingCount }

    /// The worker as one to choose.
    func candidate(
        number: Int,
        _ room: Room,
        heldTokens: Double,
        bestRate: Double
    ) -> WorkerChoice.Candidate {
        var candidate = WorkerChoice.Candidate(number: number)
        candidate.displaces = room.displaces
        candidate.freeTokens = room.tokens
        candidate.heldTokens = heldTokens
        candidate.backlogTokens = Double(backlogTokens)
        candidate.streamCount = tally.count
        candidate.reuse = reuse
        candidate.tokensPerSecond = bestRate
        if let load {
            if load.promptRate > 0 {
                let rate = Double(load.promptRate)
                let trust = Double(computedTokens) / (Double(computedTokens) + Self.tokensOfTrust)
                candidate.tokensPerSecond = bestRate + (rate - bestRate) * trust
            }
            candidate.secondsPerStream = Double(load.streamSeconds)
            candidate.emptyTokens = Double(load.emptyTokens)
        }
        return candidate
    }
}

extension Seat.Tally {
    mutating func add(_ lease: WorkerPeer.Running) {
        count += 1
        tokens += lease.charge.tokens
        if lease.lane == .low {
            lowCount += 1
            lowTokens += lease.charge.tokens
        }
        if lease.displaces {
            displacingCount += 1
            displacingTokens += lease.charge.tokens
        }
    }

    mutating func remove(_ lease: WorkerPeer.Running) {
        count -= 1
        tokens -= lease.charge.tokens
        if lease.lane == .low {
            lowCount -= 1
            lowTokens -= lease.charge.tokens
        }
        if lease.displaces {
            displacingCount -= 1
            displacingTokens -= lease.charge.tokens
        }
    }
}

/// The seats of all workers for one model, in the order of the workers' names, so that no choice depends on
/// hashing.
struct ModelSeats: Equatable, Sendable {
    private(set) var seats: [Seat] = []
    /// Places of those that may have room for something, in order: where all are full, a choice looks at
    /// none.
    private(set) var open: [Int] = []

    subscript(place: Int) -> Seat { seats[place] }
    var isEmpty: Bool { seats.isEmpty }

    mutating func set(_ seat: Seat) {
        let place = place(of: seat.node)
        guard place < seats.count, seats[place].node == seat.node else {
            seats.insert(seat, at: place)
            return reopen()
        }
        let wasOpen = seats[place].mayHaveRoom
        seats[place] = seat
        guard seat.mayHaveRoom != wasOpen else { return }
        let rank = Self.rank(of: place, in: open) { $0 }
        if wasOpen { open.remove(at: rank) } else { open.insert(place, at: rank) }
    }

    mutating func remove(_ node: NodeID) {
        let place = place(of: node)
        guard place < seats.count, seats[place].node == node else { return }
        seats.remove(at: place)
        reopen()
    }

    private mutating func reopen() { open = seats.indices.filter { seats[$0].mayHaveRoom } }

    private func place(of node: NodeID) -> Int { Self.rank(of: node, in: seats, by: \.node) }

    /// How many come before it.
    private static func rank<Element, Key: Comparable>(
        of key: Key,
        in sorted: [Element],
        by keyOf: (Element) -> Key
    ) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if keyOf(sorted[middle]) < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The seats of all workers by model.
struct SeatTable: Sendable {
    private(set) var byModel: [String: ModelSeats] = [:]
    private var models: [NodeID: [String]] = [:]

    subscript(model: String) -> ModelSeats { byModel[model] ?? ModelSeats() }

    /// These are the worker's seats and no others: one of each model in `seats`.
    mutating func set(_ seats: [(model: String, seat: Seat)], of node: NodeID) {
        let isSame = models[node]?.elementsEqual(seats.lazy.map(\.model)) ?? seats.isEmpty
        if !isSame {
            for model in models[node] ?? [] where !seats.contains(where: { $0.model == model }) {
                byModel[model]?.remove(node)
                if byModel[model]?.isEmpty == true { byModel[model] = nil }
            }
            models[node] = seats.isEmpty ? nil : seats.map(\.model)
        }
        for (model, seat) in seats { byModel[model, default: ModelSeats()].set(seat) }
    }
}
