/// Decides a regular language one character at a time.
///
/// Deterministic, and trimmed: from every state that can be reached at all, some text is accepted. Scalars
/// are grouped into classes that no state tells apart.
struct CharacterAutomaton: Hashable, Sendable {
    static let dead: Int32 = -1
    static let start: Int32 = 0

    /// The scalars of interval i are `starts[i]..<starts[i + 1]`, the last one goes to the end.
    let starts: [UInt32]
    /// By interval.
    let classes: [Int32]
    let classCount: Int
    /// By state and class: the next state, `dead` for none.
    let next: [Int32]
    let accepts: [Bool]
    /// The class of each ASCII character.
    private let asciiClasses: [Int32]

    /// Every text.
    static let everything = CharacterAutomaton(
        alphabet: Alphabet([.all]),
        next: [0, dead],
        accepts: [true]
    )
    static let nothing = CharacterAutomaton(alphabet: Alphabet([]), next: [dead], accepts: [false])

    var stateCount: Int { accepts.count }
    var isEmpty: Bool { !accepts[0] && next[..<classCount].allSatisfy { $0 == Self.dead } }
    /// Whether it lets every text through.
    var isEverything: Bool { self == .everything }

    init(alphabet: Alphabet, next: [Int32], accepts: [Bool]) {
        starts = alphabet.starts
        classes = alphabet.classes
        classCount = alphabet.classCount
        self.next = next
        self.accepts = accepts
        asciiClasses = (0..<128).map { Self.lookUp($0, alphabet.starts, alphabet.classes) }
    }

    func step(_ state: Int32, _ scalar: UInt32) -> Int32 {
        let kind = scalar < 128 ? asciiClasses[Int(scalar)] : Self.lookUp(scalar, starts, classes)
        return next[Int(state) * classCount + Int(kind)]
    }

    /// Whether any scalar of a range leads on.
    func canStep(_ state: Int32, in range: ClosedRange<UInt32>) -> Bool {
        var interval = Self.interval(of: range.lowerBound, starts)
        while interval < starts.count, starts[interval] <= range.upperBound {
            if next[Int(state) * classCount + Int(classes[interval])] != Self.dead { return true }
            interval += 1
        }
        return false
    }

    /// Whether it takes exactly this text.
    func accepts(_ text: String) -> Bool {
        var state = Self.start
        for scalar in text.unicodeScalars {
            state = step(state, scalar.value)
            if state == Self.dead { return false }
        }
        return accepts[Int(state)]
    }

    static func interval(of scalar: UInt32, _ starts: [UInt32]) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= scalar { low = middle } else { high = middle }
        }
        return low
    }

    private static func lookUp(_ scalar: UInt32, _ starts: [UInt32], _ classes: [Int32]) -> Int32 {
        classes[interval(of: scalar, starts)]
    }
}

/// Scalars, grouped by what a number of sets say about them.
///
/// Class i < `classCount` has `members[i]`, the indexes of the sets it lies in.
struct Alphabet {
    private(set) var starts: [UInt32] = [0]
    private(set) var classes: [Int32] = [0]
    private(set) var members: [[Int]] = [[]]

    var classCount: Int { members.count }

    init(_ sets: [ScalarSet]) {
        // Where a set begins (+) or ends (-).
        var edges: [(place: UInt32, set: Int, enters: Bool)] = []
        for (index, set) in sets.enumerated() {
            for range in set.ranges {
                edges.append((range.lowerBound, index, true))
                edges.append((range.upperBound + 1, index, false))
            }
        }
        edges.sort { $0.place < $1.place }
        var inside: Set<Int> = []
        var known: [[Int]: Int32] = [:]
        starts = []
        classes = []
        members = []
        var edge = 0
        var place: UInt32 = 0
        while place <= ScalarSet.last {
            while edge < edges.count, edges[edge].place == place {
                if edges[edge].enters {
                    inside.insert(edges[edge].set)
                } else {
                    inside.remove(edges[edge].set)
                }
                edge += 1
            }
            let key = inside.sorted()
            let kind = known[key] ?? Int32(members.count)
            if known[key] == nil {
                known[key] = kind
                members.append(key)
            }
            starts.append(place)
            classes.append(kind)
            guard edge < edges.count else { break }
            place = edges[edge].place
        }
    }

    /// The classes of two automata, crossed: class i of the result is `pairs[i]` of theirs.
    static func crossing(
        _ left: CharacterAutomaton,
        _ right: CharacterAutomaton
    ) -> (alphabet: Alphabet, pairs: [(Int, Int)]) {
        var crossed = Alphabet([])
        crossed.starts = Set(left.starts).union(right.starts).sorted()
        crossed.classes = []
        var known: [Int: Int32] = [:]
        var pairs: [(Int, Int)] = []
        for start in crossed.starts {
            let first = Int(left.classes[CharacterAutomaton.interval(of: start, left.starts)])
            let second = Int(right.classes[CharacterAutomaton.interval(of: start, right.starts)])
            let key = first * right.classCount + second
            let kind = known[key] ?? Int32(pairs.count)
            if known[key] == nil {
                known[key] = kind
                pairs.append((first, second))
            }
            crossed.classes.append(kind)
        }
        crossed.members = Array(repeating: [], count: pairs.count)
        return (crossed, pairs)
    }
}
