/// Numbers in the order of their last use; each step is O(1).
///
/// A list threaded through arrays: walking objects would cost ten times as much.
struct UseOrder {
    private struct Links {
        var older: Int?
        var newer: Int?
    }

    private var links: [Links?] = []
    private(set) var oldest: Int?
    private var newest: Int?

    func contains(_ number: Int) -> Bool { links.indices.contains(number) && links[number] != nil }

    /// The one that was used next after `number`.
    func newer(than number: Int) -> Int? { contains(number) ? links[number]?.newer : nil }

    /// Makes a number the one that was used last.
    mutating func use(_ number: Int) {
        remove(number)
        while links.count <= number { links.append(nil) }
        links[number] = Links(older: newest, newer: nil)
        if let newest { links[newest]?.newer = number } else { oldest = number }
        newest = number
    }

    mutating func remove(_ number: Int) {
        guard links.indices.contains(number), let own = links[number] else { return }
        links[number] = nil
        if let older = own.older { links[older]?.newer = own.newer } else { oldest = own.newer }
        if let newer = own.newer { links[newer]?.older = own.older } else { newest = own.older }
    }
}
