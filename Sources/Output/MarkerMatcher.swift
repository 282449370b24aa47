/// Finds the first of some markers in a stream of bytes, and holds back what may still become one.
///
/// Held back is the longest end of the stream that is the beginning of a marker, never more. Markers are few
/// and short, so each byte costs a comparison with their beginnings and no automaton is built.
struct MarkerMatcher: Sendable {
    private let patterns: [[UInt8]]
    private(set) var held: [UInt8] = []

    /// No pattern may be the beginning of another one; empty ones are never found.
    init(_ patterns: [[UInt8]]) { self.patterns = patterns }

    var isHolding: Bool { !held.isEmpty }

    /// Takes one byte; returns the marker that it completes, and appends what is none to `released`.
    mutating func push(_ byte: UInt8, into released: inout [UInt8]) -> Int? {
        if held.isEmpty, !patterns.contains(where: { $0.first == byte }) {
            released.append(byte)
            return nil
        }
        held.append(byte)
        while !held.isEmpty {
            var mayGrow = false
            for (index, pattern) in patterns.enumerated() where pattern.starts(with: held) {
                guard pattern.count > held.count else {
                    held.removeAll(keepingCapacity: true)
                    return index
                }
                mayGrow = true
            }
            if mayGrow { return nil }
            released.append(held.removeFirst())
        }
        return nil
    }

    /// What is held back, which is no marker after all.
    mutating func flush(into released: inout [UInt8]) {
        released += held
        held.removeAll(keepingCapacity: true)
    }
}
