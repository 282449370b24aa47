import Contract
import Roles
import Testing

@Suite struct `A token stream` {
    @Test func `grows by what begins at its end`() {
        var stream = TokenStream()
        #expect(stream.append(record(1, at: 0, 2)) == .appended)
        #expect(stream.append(record(1, at: 2, 1)) == .appended)
        #expect(stream.ids == [0, 1, 2])
        #expect(stream.text == "xxx")
        #expect(stream.next == 3)
        #expect(stream.end == nil)
    }

    @Test func `takes nothing twice`() {
        var stream = TokenStream()
        _ = stream.append(record(1, at: 0, 2))
        let before = stream
        #expect(stream.append(record(1, at: 0, 2)) == .repeated)
        #expect(stream.append(record(1, at: 1, 1)) == .repeated)
        #expect(stream.append(record(1, at: 2, 0)) == .repeated)
        #expect(stream == before)
    }

    @Test func `sees a hole`() {
        var stream = TokenStream()
        #expect(stream.append(record(1, at: 1)) == .hole)
        _ = stream.append(record(1, at: 0, 2))
        #expect(stream.append(record(1, at: 3, 0, end: .length)) == .hole)
        #expect(stream.ids == [0, 1])
    }

    @Test func `ends once, and takes nothing afterwards`() {
        var stream = TokenStream()
        _ = stream.append(record(1, at: 0, 2))
        #expect(stream.append(record(1, at: 2, 0, end: .length)) == .appended)
        let before = stream
        #expect(stream.append(record(1, at: 2)) == .repeated)
        #expect(stream.append(record(1, at: 9)) == .repeated)
        #expect(stream.append(record(1, at: 2, 0, end: .stop(sequence: nil))) == .repeated)
        #expect(stream == before)
        #expect(stream.end == .length)
    }

    @Test func `keeps the opening of its first attempt`() {
        var stream = TokenStream()
        var opening = record(1, at: 0, 0)
        opening.opening = StreamOpening(promptTokens: 9)
        #expect(stream.append(opening) == .appended)
        #expect(stream.append(opening) == .repeated)
        _ = stream.append(record(1, at: 0))
        opening.position = 1
        opening.opening = StreamOpening(promptTokens: 9, cachedTokens: 8)
        #expect(stream.append(opening) == .repeated)
        #expect(stream.opening == StreamOpening(promptTokens: 9))
    }
}
