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
        /// And which others, by their names.
        var names = NameBook.Names.none
        var below: Int32
    }

    static let empty: Int32 = -1
    /// Of a thread that ends with the string that it is in.
    static let nowhere: Int32 = -2

    private var frames: [Frame] = []
    private var depths: [Int32] = []
    private var numbers: [Frame: Int32] = [:]
    private(set) var names = NameBook()

    var count: Int { frames.count + names.count }

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
    ///
    /// Of the names, only those beside the one that is being read are kept, so that a place in a value allows
    /// the same whatever names there were; a token that holds the next name to its end is not tried.
    mutating func clamped(
        _ stack: Int32,
        to limit: Int32,
        reading part: NameBook.Part
    ) -> (stack: Int32, part: NameBook.Part) {
        var part = part
        let kept = frames(of: stack)
        var result = kept.last?.below ?? stack
        for (place, var frame) in kept.enumerated().reversed() {
            if frame.place < 0 {
                (frame.least, frame.most) = Self.clamped(frame.least, frame.most, to: limit)
                if place == 0, part != .untold {
                    (part, frame.names) = names.tried(part, beside: frame.names)
                } else {
                    frame.names = frame.names == .none ? .triedNone : .unsure
                }
            }
            frame.below = result
            result = push(frame)
        }
        return (result, part)
    }

    /// The stack of another tree.
    mutating func copy(_ stack: Int32, of other: ThreadStacks) -> Int32 {
        let kept = other.frames(of: stack)
        var result = kept.last?.below ?? stack
        for var frame in kept.reversed() {
            frame.names = names.copy(frame.names, of: other.names)
            frame.below = result
            result = push(frame)
        }
        return result
    }

    /// From the top down.
    private func frames(of stack: Int32) -> [Frame] {
        var found: [Frame] = []
        var place = stack
        while place >= 0 {
            found.append(self[place])
            place = self[place].below
        }
        return found
    }

    // MARK: Names

    func beginName(on stack: Int32) -> NameBook.Part {
        stack >= 0 ? names.begin(beside: self[stack].names) : .untold
    }

    /// One more character of a name; of one that is none of those on top, these are forgotten.
    mutating func read(
        _ scalar: UInt32,
        behind part: NameBook.Part,
        on stack: Int32
    ) -> (part: NameBook.Part, stack: Int32) {
        guard stack >= 0 else { return (part, stack) }
        var frame = self[stack]
        let read = names.read(scalar, behind: part, beside: frame.names)
        guard read == .other, frame.names != .unsure else { return (read, stack) }
        frame.names = .unsure
        return (read, push(frame))
    }

    mutating func copy(_ part: NameBook.Part, of other: ThreadStacks) -> NameBook.Part {
        names.copy(part, of: other.names)
    }

    /// The stack with one more name on top; nil where that may be there.
    mutating func add(_ part: NameBook.Part, on stack: Int32) -> Int32? {
        guard part != .untold, stack >= 0 else { return stack }
        var frame = self[stack]
        guard let added = names.add(part, to: frame.names) else { return nil }
        frame.names = added
        return push(frame)
    }

    /// The ends of the names on top that begin with a part.
    func rests(behind part: NameBook.Part, on stack: Int32) -> [[UInt32]] {
        stack >= 0 ? names.rests(of: self[stack].names, behind: part) : []
    }

    static func clamped(_ least: Int32, _ most: Int32, to limit: Int32) -> (Int32, Int32) {
        (min(least, limit), most > limit ? -1 : most)
    }
}
