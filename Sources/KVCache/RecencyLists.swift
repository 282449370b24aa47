/// Lists of numbers below `capacity`, each in the order in which they were added; a number is in one list at
/// most.
///
/// Adding, removing from anywhere and asking for the oldest are O(1); only a list that is used for the first
/// time allocates.
struct RecencyLists {
    private static let outside: Int32 = -1

    private let capacity: Int
    /// Rings of links. The number behind the others that stands for list `n`, its beginning and its end, is
    /// `capacity + n`.
    private var next: [Int32]
    private var previous: [Int32]
    private var counts: [Int] = []

    init(capacity: Int) {
        self.capacity = capacity
        next = Array(repeating: Self.outside, count: capacity)
        previous = next
    }

    func count(of list: Int) -> Int { list < counts.count ? counts[list] : 0 }

    func oldest(of list: Int) -> Int? { count(of: list) == 0 ? nil : Int(next[capacity + list]) }

    func contains(_ number: Int) -> Bool { number < capacity && next[number] != Self.outside }

    /// Puts `number` behind all others of the list.
    mutating func append(_ number: Int, to list: Int) {
        precondition(number < capacity && !contains(number), "a number is in one list, and once")
        while counts.count <= list {
            let hub = Int32(next.count)
            next.append(hub)
            previous.append(hub)
            counts.append(0)
        }
        let hub = capacity + list
        let last = Int(previous[hub])
        next[last] = Int32(number)
        previous[number] = Int32(last)
        next[number] = Int32(hub)
        previous[hub] = Int32(number)
        counts[list] += 1
    }

    mutating func remove(_ number: Int, from list: Int) {
        precondition(contains(number), "only what is in a list leaves it")
        next[Int(previous[number])] = next[number]
        previous[Int(next[number])] = previous[number]
        next[number] = Self.outside
        previous[number] = Self.outside
        counts[list] -= 1
    }

    /// All of a list, the oldest first.
    ///
    /// O(count).
    func numbers(of list: Int) -> [Int] {
        var numbers: [Int] = []
        guard list < counts.count else { return numbers }
        var number = Int(next[capacity + list])
        while number < capacity, numbers.count <= capacity {
            numbers.append(number)
            number = Int(next[number])
        }
        return numbers
    }
}
