import Contract
import Testing

@Suite struct `A job's id` {
    @Test(arguments: [
        JobID(high: 0, low: 0), JobID(high: .max, low: .max), JobID(high: 1, low: 0xFEDC_BA98_7654_3210),
    ])
    func `reads back from its 32 digits`(id: JobID) {
        #expect(id.description.utf8.count == 32)
        #expect(JobID(id.description) == id)
    }

    @Test(arguments: [
        "", "0", String(repeating: "0", count: 31), String(repeating: "0", count: 33),
        String(repeating: "A", count: 32),
        String(repeating: "g", count: 32), "+" + String(repeating: "0", count: 31),
        String(repeating: "ü", count: 16),
    ])
    func `is nothing else`(text: String) {
        #expect(JobID(text) == nil)
    }

    @Test func `sorts by its first half, then by its second`() {
        let ids = [JobID(high: 1, low: 0), JobID(high: 0, low: .max), JobID(high: 0, low: 1)]
        #expect(ids.sorted() == [ids[2], ids[1], ids[0]])
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    }
}

@Suite struct `A node's name` {
    @Test(arguments: ["a", "edge-1", "Worker_2.rack.example", String(repeating: "n", count: 64)])
    func `may cross a link`(name: String) {
        #expect(NodeID(name).isWellFormed)
    }

    @Test(arguments: [
        "", " ", "a b", "a/b", "a:b", "ü", "\u{0}", "\u{0}ab", "a\n", String(repeating: "n", count: 65),
    ])
    func `stays at home when it is empty, long or strange`(name: String) {
        #expect(!NodeID(name).isWellFormed)
    }
}

@Suite struct `An attempt` {
    @Test func `fences every lower one`() {
        #expect(Attempt.first < Attempt.first.next)
        #expect(Attempt.first.next == Attempt(rawValue: 2))
    }

    @Test func `does not trap at the end of its range`() {
        #expect(Attempt(rawValue: .max).next == Attempt(rawValue: 0))
    }
}
