/// Numbers below `capacity` in the order in which they were added, each at most once.
///
/// Adding, removing from anywhere and asking for the oldest are O(1) and allocate nothing.
struct RecencyList {
    private static let outside: Int32 = -1

    /// Ring of links; `capacity` is its beginning and its end.
    private var next: [Int32]
    private var previous: [Int32]
    private(set) var count = 0
    private let hub: Int

    init(capacity: Int) {
        hub = capacity
        next = Array(repeating: Self.outside, count: capacity + 1)
        previous = next
        next[hub] = Int32(hub)
        previous[hub] = Int32(hub)
    }

    var oldest: Int? { count == 0 ? nil : Int(next[hub]) }

    func contains(_ number: Int) -> Bool { next[number] != Self.outside }

    /// Puts `number` behind all others.
    mutating func append(_ number: Int) {
        precondition(!contains(number), "a number is in the list once")
        let last = Int(previous[hub])
        next[last] = Int32(number)
        previous[number] = Int32(last)
        next[number] = Int32(hub)
        previous[hub] = Int32(number)
        count += 1
    }

    mutating func remove(_ number: Int) {
        precondition(contains(number), "only what is in the list leaves it")
        next[Int(previous[number])] = next[number]
        previous[Int(next[number])] = previous[number]
        next[number] = Self.outside
        previous[number] = Self.outside
        count -= 1
    }

    /// All of it, the oldest first.
    ///
    /// O(count).
    var numbers: [Int] {
        var numbers: [Int] = []
        var number = Int(next[hub])
        while number != hub, numbers.count <= hub {
            numbers.append(number)
            number = Int(next[number])
        }
        return numbers
    }
}
