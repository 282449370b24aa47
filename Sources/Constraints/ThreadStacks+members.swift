/// The members of an object as frames.
///
/// The first, on top, counts them; each says which of 64 slots were there.
extension ThreadStacks {
    mutating func open(_ members: Program.Members, on stack: Int32, isTried: Bool) -> Int32 {
        var result = stack
        for word in members.required.indices.reversed() {
            var frame = Frame(place: -1, below: result)
            if word == 0 {
                frame.least = Int32(clamping: members.least)
                frame.most = Int32(clamping: members.most)
                if isTried { frame.names = .triedNone }
            }
            result = push(frame)
        }
        return result
    }

    /// One more member, of a slot or of another name; nil where it cannot be.
    ///
    /// Room is kept for those that are required.
    mutating func take(_ slot: Int?, of members: Program.Members, on stack: Int32) -> Int32? {
        guard var frames = frames(of: members, on: stack) else { return nil }
        if let slot {
            let bit: UInt64 = 1 << UInt64(slot % 64)
            guard frames[slot / 64].seen & bit == 0 else { return nil }
            frames[slot / 64].seen |= bit
        }
        if frames[0].most >= 0 {
            guard Int(frames[0].most) - 1 >= Self.missingCount(members, frames) else { return nil }
            frames[0].most -= 1
        }
        frames[0].least = max(0, frames[0].least - 1)
        var result = frames[frames.count - 1].below
        for var frame in frames.reversed() {
            frame.below = result
            result = push(frame)
        }
        return result
    }

    /// Whether any more may come.
    func canTake(_ members: Program.Members, on stack: Int32) -> Bool {
        guard let frames = frames(of: members, on: stack), frames[0].most != 0 else { return false }
        let seenCount = frames.reduce(0) { $0 + $1.seen.nonzeroBitCount }
        return members.hasOthers || seenCount < members.slotCount
    }

    /// The stack without them; nil where some are missing.
    func close(_ members: Program.Members, on stack: Int32) -> Int32? {
        guard let frames = frames(of: members, on: stack), frames[0].least == 0,
            Self.missingCount(members, frames) == 0
        else { return nil }
        return frames[frames.count - 1].below
    }

    private func frames(of members: Program.Members, on stack: Int32) -> [Frame]? {
        var frames: [Frame] = []
        var place = stack
        for _ in members.required {
            guard place >= 0 else { return nil }
            frames.append(self[place])
            place = self[place].below
        }
        return frames.isEmpty ? nil : frames
    }

    /// Required members that are still to come.
    private static func missingCount(_ members: Program.Members, _ frames: [Frame]) -> Int {
        zip(members.required, frames).reduce(0) { $0 + ($1.0 & ~$1.1.seen).nonzeroBitCount }
    }
}
