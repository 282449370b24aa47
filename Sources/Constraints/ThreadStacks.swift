/// The stacks of all threads of an automaton, as one tree: equal stacks have equal numbers.
struct ThreadStacks {
    struct Frame: Hashable {
        /// Where a call comes back to; -1 for a counter, and for the members of an object.
        var place: Int32
        var least: Int32 = 0
        /// -1: no end.
        var most: Int32 = 0
        /// Which members were there.
        var seen: UInt64 = 0
        var below: Int32
    }

    static let empty: Int32 = -1
    /// Of a thread that ends with the string that it is in.
    static let nowhere: Int32 = -2

    private var frames: [Frame] = []
    private var depths: [Int32] = []
    private var numbers: [Frame: Int32] = [:]

    var count: Int { frames.count }

    subscript(_ stack: Int32) -> Frame { frames[Int(stack)] }

    func depth(_ stack: Int32) -> Int { stack == Self.empty ? 0 : Int(depths[Int(stack)]) }

    /// The stack with a frame on top.
    mutating func push(_ frame: Frame) -> Int32 {
        if let number = numbers[frame] { return number }
        let number = Int32(frames.count)
        frames.append(frame)
        depths.append(Int32(depth(frame.below) + 1))
        numbers[frame] = number
        return number
    }

    /// The stack with its counters no higher than `limit`: nothing that has fewer bytes can tell them apart.
    mutating func clamped(_ stack: Int32, to limit: Int32) -> Int32 {
        copy(stack, of: self, clampedTo: limit)
    }

    /// The stack of another tree.
    mutating func copy(_ stack: Int32, of other: ThreadStacks, clampedTo limit: Int32 = .max) -> Int32 {
        var kept: [Frame] = []
        var place = stack
        while place >= 0 {
            kept.append(other[place])
            place = other[place].below
        }
        var result = place
        for var frame in kept.reversed() {
            if frame.place < 0 {
                (frame.least, frame.most) = Self.clamped(frame.least, frame.most, to: limit)
            }
            frame.below = result
            result = push(frame)
        }
        return result
    }

    static func clamped(_ least: Int32, _ most: Int32, to limit: Int32) -> (Int32, Int32) {
        (min(least, limit), most > limit ? -1 : most)
    }
}
