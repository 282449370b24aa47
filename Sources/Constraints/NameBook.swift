/// The names that objects under way have, of those that no schema lists: none may come twice.
///
/// A name is a path in a tree of characters, and the names of an object are a list; equal ones have equal
/// numbers. Bounded by `ConstraintLimits.frames`, like the stacks that refer to it.
struct NameBook {
    /// The names that an object has.
    enum Names: Hashable {
        case these(Int32)
        /// The same, while it is tried what may come: what is read besides is not written down.
        case tried(Int32)
        /// These and perhaps another, so that no more can be told apart from them.
        case unsure

        static let none = Names.these(0)
        static let triedNone = Names.tried(0)
    }

    /// What has been read of a name, and how it stands to those that its object has.
    enum Part: Hashable, Sendable {
        /// Nobody asks.
        case untold
        case read(Int32)
        /// It is the beginning of one that was read before.
        case tried(Int32)
        /// However it goes on, it is none of them.
        case other
        case unsure
    }

    private struct Step: Hashable {
        var above: Int32
        var scalar: UInt32
    }

    private struct Entry: Hashable {
        var name: Int32
        var rest: Int32
    }

    private static let root: Int32 = 0
    private static let nowhere: Int32 = -1

    private var steps = [Step(above: nowhere, scalar: 0)]
    private var nodes: [Step: Int32] = [:]
    private var entries = [Entry(name: nowhere, rest: nowhere)]
    private var lists: [Entry: Int32] = [:]

    var count: Int { steps.count + entries.count }

    /// The beginning of a name of an object.
    func begin(beside names: Names) -> Part {
        switch names {
        case .these: .read(Self.root)
        case .tried: .tried(Self.root)
        case .unsure: .unsure
        }
    }

    /// The part with one more character.
    mutating func read(_ scalar: UInt32, behind part: Part, beside names: Names) -> Part {
        switch (part, names) {
        case (.read(let node), _): return .read(child(Step(above: node, scalar: scalar)))
        case (.tried(let node), .tried(let list)):
            guard let child = nodes[Step(above: node, scalar: scalar)], begins(child, list) else {
                return .other
            }
            return .tried(child)
        case (.tried, _): return .unsure
        default: return part
        }
    }

    /// What is left of a name under way, and of those beside it, while it is tried what may come.
    ///
    /// Once it is none of them, they do not matter, so that few states differ in names.
    func tried(_ part: Part, beside names: Names) -> (Part, Names) {
        guard case .read(let node) = part, case .these(let list) = names else { return (part, names) }
        return begins(node, list) || list == 0 && node == Self.root
            ? (.tried(node), .tried(list)) : (.other, .unsure)
    }

    /// Whether any name of a list begins with a part.
    private func begins(_ node: Int32, _ list: Int32) -> Bool {
        var list = list
        while list > 0 {
            var place = entries[Int(list)].name
            // What lies deeper has a higher number.
            while place > node { place = steps[Int(place)].above }
            if place == node { return true }
            list = entries[Int(list)].rest
        }
        return false
    }

    private mutating func child(_ step: Step) -> Int32 {
        if let node = nodes[step] { return node }
        let node = Int32(steps.count)
        steps.append(step)
        nodes[step] = node
        return node
    }

    /// The names with one more; nil where it may be among them.
    mutating func add(_ part: Part, to names: Names) -> Names? {
        switch (part, names) {
        case (.untold, _): return names
        case (.read(let node), .these(let list)):
            guard !contains(node, list) else { return nil }
            return .these(number(of: Entry(name: node, rest: list)))
        case (.tried(let node), .tried(let list)): return contains(node, list) ? nil : .unsure
        case (.other, .tried), (.other, .unsure): return .unsure
        default: return nil
        }
    }

    private mutating func number(of entry: Entry) -> Int32 {
        if let number = lists[entry] { return number }
        let number = Int32(entries.count)
        entries.append(entry)
        lists[entry] = number
        return number
    }

    private func contains(_ node: Int32, _ list: Int32) -> Bool {
        var list = list
        while list > 0 {
            if entries[Int(list)].name == node { return true }
            list = entries[Int(list)].rest
        }
        return false
    }

    /// The ends of those names that begin with a part, as many as there are.
    func rests(of names: Names, behind part: Part) -> [[UInt32]] {
        let node: Int32
        var list: Int32
        switch (part, names) {
        case (.read(let read), .these(let known)): (node, list) = (read, known)
        case (.tried(let read), .tried(let known)): (node, list) = (read, known)
        default: return []
        }
        var rests: [[UInt32]] = []
        while list > 0 {
            var rest: [UInt32] = []
            var place = entries[Int(list)].name
            while place != node, place > Self.root {
                rest.append(steps[Int(place)].scalar)
                place = steps[Int(place)].above
            }
            if place == node { rests.append(rest.reversed()) }
            list = entries[Int(list)].rest
        }
        return rests
    }

    // MARK: Another book

    mutating func copy(_ names: Names, of other: NameBook) -> Names {
        guard case .these(var list) = names else { return names }
        var all: [Int32] = []
        while list > 0 {
            all.append(other.entries[Int(list)].name)
            list = other.entries[Int(list)].rest
        }
        var copied: Int32 = 0
        for name in all.reversed() {
            copied = number(of: Entry(name: copy(node: name, of: other), rest: copied))
        }
        return .these(copied)
    }

    mutating func copy(_ part: Part, of other: NameBook) -> Part {
        if case .read(let node) = part { .read(copy(node: node, of: other)) } else { part }
    }

    private mutating func copy(node: Int32, of other: NameBook) -> Int32 {
        var scalars: [UInt32] = []
        var place = node
        while place > Self.root {
            scalars.append(other.steps[Int(place)].scalar)
            place = other.steps[Int(place)].above
        }
        var copied = Self.root
        for scalar in scalars.reversed() { copied = child(Step(above: copied, scalar: scalar)) }
        return copied
    }
}
