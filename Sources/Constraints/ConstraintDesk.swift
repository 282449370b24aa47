public import Contract

/// Names one stream at a desk.
public struct ConstraintCursor: Hashable, Sendable {
    fileprivate let key: Int
    fileprivate let stream: Int
}

/// What may come next in a stream under a constraint.
public struct ConstraintChoice: Sendable {
    public var tokens: TokenMask
    /// Whether the text may end here.
    public var mayEnd: Bool
}

/// An id came where the constraint does not let it come.
public struct ConstraintBreach: Error, Hashable, Sendable, CustomStringConvertible {
    public var token: TokenID
    public var position: Int

    public var description: String {
        "token \(token) at position \(position) does not satisfy the constraint"
    }
}

/// The constraints of one engine at work: streams under the same one share what was worked out.
public struct ConstraintDesk {
    /// Where one stream is: a function of its ids alone.
    private struct Stream {
        /// Ids that were read.
        var readCount = 0
        var state: Int32
    }

    private struct Entry {
        let constraint: TokenConstraint
        var automaton: MaskedAutomaton
        var streams: [Int: Stream] = [:]
        var lastUse = 0

        /// Makes room where too much is remembered, and keeps where the streams are.
        mutating func tidy() {
            guard automaton.isFull else { return }
            let names = streams.keys.sorted()
            let states = automaton.keep(names.map { streams[$0]?.state ?? ByteAutomaton.dead })
            for (name, state) in zip(names, states) { streams[name]?.state = state }
        }

        /// Reads one more id; false where it cannot come.
        mutating func read(_ id: TokenID, _ stream: inout Stream) -> Bool {
            defer { stream.readCount += 1 }
            guard var bytes = constraint.trie.bytes(of: id) else { return false }
            if stream.readCount == 0, constraint.dropsFirstSpace, bytes.first == UInt8(ascii: " ") {
                bytes.removeFirst()
            }
            stream.state = automaton.step(stream.state, bytes)
            return stream.state != ByteAutomaton.dead
        }
    }

    /// Constraints that are remembered while nobody uses them.
    private static let idleLimit = 16

    private var entries: [Int: Entry] = [:]
    private var keys: [ObjectIdentifier: Int] = [:]
    private var useCount = 0

    public init() {}

    /// A cursor at the beginning of a stream; `close` gives it back.
    public mutating func open(_ constraint: TokenConstraint) -> ConstraintCursor {
        useCount += 1
        let identity = ObjectIdentifier(constraint)
        let key = keys[identity] ?? useCount
        if entries[key] == nil {
            dropIdle()
            keys[identity] = key
            let automaton = MaskedAutomaton(constraint)
            entries[key] = Entry(constraint: constraint, automaton: automaton)
        }
        let start = entries[key]?.automaton.start ?? ByteAutomaton.dead
        entries[key]?.streams[useCount] = Stream(state: start)
        entries[key]?.lastUse = useCount
        return ConstraintCursor(key: key, stream: useCount)
    }

    /// The stream has ended.
    public mutating func close(_ cursor: ConstraintCursor) {
        entries[cursor.key]?.streams[cursor.stream] = nil
    }

    private mutating func dropIdle() {
        let idle = entries.filter { $0.value.streams.isEmpty }
        guard idle.count >= Self.idleLimit else { return }
        guard let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        entries[oldest.key] = nil
        keys[ObjectIdentifier(oldest.value.constraint)] = nil
    }

    /// Reads what was not read yet of a stream's ids.
    public mutating func read(
        _ ids: ArraySlice<TokenID>,
        _ cursor: ConstraintCursor
    ) throws(ConstraintBreach) {
        // Taken out, so that what is remembered is changed in place.
        guard var entry = entries.removeValue(forKey: cursor.key) else { return }
        defer { entries[cursor.key] = entry }
        entry.tidy()
        guard var stream = entry.streams[cursor.stream] else { return }
        defer { entry.streams[cursor.stream] = stream }
        for id in ids.dropFirst(stream.readCount) {
            guard entry.read(id, &stream) else {
                throw ConstraintBreach(token: id, position: stream.readCount - 1)
            }
        }
    }

    /// What may come behind the ids that were read; nil for a cursor that was given back.
    public mutating func choice(_ cursor: ConstraintCursor) -> ConstraintChoice? {
        guard let stream = entries[cursor.key]?.streams[cursor.stream] else { return nil }
        let isFirst = stream.readCount == 0 && entries[cursor.key]?.constraint.dropsFirstSpace == true
        // In place: a copy of what is remembered would cost more than the mask.
        let mask = entries[cursor.key]?.automaton.mask(of: stream.state, dropsSpace: isFirst)
        let mayEnd = entries[cursor.key]?.automaton.accepts(stream.state) ?? false
        return mask.map { ConstraintChoice(tokens: $0, mayEnd: mayEnd) }
    }

    /// Whether nothing but an end may come.
    public func isComplete(_ cursor: ConstraintCursor) -> Bool {
        guard let entry = entries[cursor.key], let stream = entry.streams[cursor.stream] else { return false }
        return entry.automaton.isComplete(stream.state)
    }
}
