public import Contract

/// Knows which workers hold which beginnings of prompts, as far as they have told or can be expected to.
///
/// - A link has the workers that told of it, and those that have a lease which will bring it about: siblings
///   that come together are so put together. What was only expected ends by itself, unless its worker tells
///   of it in time.
/// - Bounded: beyond `limit` links the one goes that was neither told nor used for the longest time. What is
///   forgotten costs time and nothing else.
/// - A worker that starts again has nothing, at once and whatever it had: what was told in an earlier session
///   of its number does not count, and is swept out little by little.
///
/// Telling and asking cost O(1) for a link and each of its few workers.
public struct OwnershipIndex: Sendable {
    private struct Holder: Sendable {
        var worker: Int32
        var session: UInt32
        var tokens: UInt32
        var tier: Holding.Tier
        /// Nil for what the worker has told.
        var until: Instant?
    }

    private struct Entry: Sendable {
        var link = PrefixLink.zero
        var holders: [Holder] = []
        var newer = none
        var older = none
    }

    private static let none: Int32 = -1
    /// More workers of one link are not remembered.
    private static let holderLimit = 64
    private static let sweepCount = 1024

    private let limit: Int
    private var entries: [Entry] = []
    private var free: [Int32] = []
    private var places: [PrefixLink: Int32] = [:]
    private var newest = none
    private var oldest = none
    private var sessions: [UInt32] = []
    private var sweepPlace = 0

    public init(limit: Int = 1 << 20) { self.limit = max(1, limit) }

    public var count: Int { places.count }

    // MARK: What workers tell

    /// Whatever this worker held, it holds no more.
    public mutating func clear(_ worker: Int) {
        while sessions.count <= worker { sessions.append(0) }
        sessions[worker] &+= 1
    }

    public mutating func store(_ holding: Holding, at worker: Int) {
        let place = open(holding.link)
        put(
            Holder(
                worker: Int32(truncatingIfNeeded: worker),
                session: session(of: worker),
                tokens: holding.tokens,
                tier: holding.tier
            ),
            into: place
        )
        touch(place)
    }

    public mutating func drop(_ link: PrefixLink, at worker: Int) {
        guard let place = places[link] else { return }
        entries[Int(place)].holders.removeAll { $0.worker == worker }
        if entries[Int(place)].holders.isEmpty { remove(place) }
    }

    // MARK: What is expected

    /// A worker is about to compute a prompt: it will hold these, unless something comes between.
    public mutating func expect(_ links: [PromptLink], at worker: Int, until: Instant) {
        let session = session(of: worker)
        for link in links {
            let place = open(link.link)
            touch(place)
            let holders = entries[Int(place)].holders
            let told = holders.contains {
                $0.worker == worker && $0.session == session && $0.until == nil && $0.tier == .memory
            }
            if told { continue }
            put(
                Holder(
                    worker: Int32(truncatingIfNeeded: worker),
                    session: session,
                    tokens: link.tokens,
                    tier: .memory,
                    until: until
                ),
                into: place
            )
        }
    }

    // MARK: Asking

    /// What is held of a prompt: tells `visit` of each worker once, with its longest beginning.
    ///
    /// O(links), each with its workers.
    public func forEachHolder(
        of links: [PromptLink],
        at now: Instant,
        _ visit: (_ worker: Int, _ tokens: Double) -> Void
    ) {
        var seen: [Int32] = []
        for link in links.reversed() {
            guard let place = places[link.link] else { continue }
            for holder in entries[Int(place)].holders where !seen.contains(holder.worker) {
                guard isLive(holder, at: now) else { continue }
                seen.append(holder.worker)
                visit(Int(holder.worker), Double(holder.tokens) * Self.worth(of: holder.tier))
            }
        }
    }

    /// Whether one of these workers holds a link.
    public func isHeld(_ link: PrefixLink, byAnyOf workers: [Int], at now: Instant) -> Bool {
        guard let place = places[link] else { return false }
        return entries[Int(place)].holders.contains {
            workers.contains(Int($0.worker)) && isLive($0, at: now)
        }
    }

    /// Marks links as in use, so that they are forgotten last.
    public mutating func use(_ links: [PromptLink]) {
        for link in links.reversed() { if let place = places[link.link] { touch(place) } }
    }

    /// What a tier's tokens are worth of those in memory: fetching them takes a part of computing them.
    private static func worth(of tier: Holding.Tier) -> Double {
        switch tier {
        case .memory: 1
        case .disk: 0.6
        }
    }

    private func isLive(_ holder: Holder, at now: Instant) -> Bool {
        guard holder.session == session(of: Int(holder.worker)) else { return false }
        return holder.until.map { $0 > now } ?? true
    }

    private func session(of worker: Int) -> UInt32 { worker < sessions.count ? sessions[worker] : 0 }

    // MARK: Time

    /// Removes a few of those that nobody holds any more.
    public mutating func sweep(at now: Instant) {
        for _ in 0..<min(Self.sweepCount, entries.count) {
            sweepPlace = sweepPlace + 1 < entries.count ? sweepPlace + 1 : 0
            let holders = entries[sweepPlace].holders
            guard !holders.isEmpty, holders.contains(where: { !isLive($0, at: now) }) else { continue }
            let live = holders.filter { isLive($0, at: now) }
            entries[sweepPlace].holders = live
            if live.isEmpty { remove(Int32(sweepPlace)) }
        }
    }

    // MARK: Entries

    private mutating func open(_ link: PrefixLink) -> Int32 {
        if let place = places[link] { return place }
        if places.count >= limit, oldest != Self.none { remove(oldest) }
        let place: Int32
        if let freed = free.popLast() {
            place = freed
        } else {
            place = Int32(entries.count)
            entries.append(Entry())
        }
        entries[Int(place)].link = link
        places[link] = place
        lead(place)
        return place
    }

    private mutating func put(_ holder: Holder, into place: Int32) {
        if let index = entries[Int(place)].holders.firstIndex(where: { $0.worker == holder.worker }) {
            entries[Int(place)].holders[index] = holder
        } else if entries[Int(place)].holders.count < Self.holderLimit {
            entries[Int(place)].holders.append(holder)
        }
    }

    private mutating func remove(_ place: Int32) {
        places[entries[Int(place)].link] = nil
        unlink(place)
        entries[Int(place)] = Entry()
        free.append(place)
    }

    private mutating func touch(_ place: Int32) {
        guard place != newest else { return }
        unlink(place)
        lead(place)
    }

    private mutating func lead(_ place: Int32) {
        entries[Int(place)].older = newest
        entries[Int(place)].newer = Self.none
        if newest != Self.none { entries[Int(newest)].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int32) {
        let (newer, older) = (entries[Int(place)].newer, entries[Int(place)].older)
        if newer != Self.none { entries[Int(newer)].older = older } else { newest = older }
        if older != Self.none { entries[Int(older)].newer = newer } else { oldest = newer }
    }

    // MARK: Checking

    /// What a worker has told and not taken back.
    ///
    /// O(count), for tests.
    public func holdings(of worker: Int) -> [PrefixLink: Holding] {
        var found: [PrefixLink: Holding] = [:]
        for (link, place) in places {
            for holder in entries[Int(place)].holders
            where holder.worker == worker && holder.until == nil && holder.session == session(of: worker) {
                found[link] = Holding(link, tokens: holder.tokens, tier: holder.tier)
            }
        }
        return found
    }

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found: [String] = []
        var listed = 0
        var place = newest
        while place != Self.none, listed <= entries.count {
            let entry = entries[Int(place)]
            if places[entry.link] != place { found.append("link \(entry.link) is not where it should be") }
            if entry.holders.isEmpty { found.append("nobody holds link \(entry.link)") }
            if Set(entry.holders.map(\.worker)).count != entry.holders.count {
                found.append("link \(entry.link) has a worker twice")
            }
            listed += 1
            place = entry.older
        }
        if listed != places.count { found.append("\(listed) links are in order and \(places.count) known") }
        if free.count + places.count != entries.count { found.append("\(free.count) places are free") }
        if places.count > limit { found.append("\(places.count) links, the limit is \(limit)") }
        return found
    }
}
