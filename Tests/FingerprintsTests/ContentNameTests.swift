import Fingerprints
import Testing

@Suite struct `The name of contents` {
    @Test func `is the same for the same parts alone`() throws {
        let name = try #require(ContentName.text(of: [[1, 2], [3]]))
        #expect(name.utf8.count == 32)
        #expect(ContentName.text(of: [[1, 2], [3]]) == name)
        for other in [[[1], [2, 3]], [[1, 2, 3]], [[1, 2], [3], []], [[1, 2], [4]]] as [[[UInt8]]] {
            #expect(ContentName.text(of: other) != name)
        }
    }
}
