import Contract
import Testing

@Suite struct `The shared nouns` {
    @Test func `order the lanes by urgency and know them by name`() {
        #expect(Lane.allCases.sorted() == [.high, .normal, .low])
        for lane in Lane.allCases { #expect(Lane(name: lane.name) == lane) }
        #expect(Lane(name: "High") == nil)
        #expect(Lane(name: "") == nil)
    }

    @Test func `say the length of a prompt without a tokenizer`() {
        #expect(Prompt.text("né").byteCount == 3)
        #expect(Prompt.chat(context: "{}").byteCount == 2)
        #expect(Prompt.tokens([1, 2, 3]).byteCount == 12)
    }

    @Test func `keep the words of errors apart`() {
        let words = ErrorCode.allCases.map(\.rawValue)
        #expect(Set(words).count == words.count)
        for word in words {
            #expect(
                word.utf8.allSatisfy {
                    $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")) ~= $0
                }
            )
        }
    }

    @Test func `place a record's end behind its last id`() {
        let job = JobID(high: 0, low: 0)
        #expect(TokenRecord(job: job, attempt: .first, position: 7, ids: [1, 2]).nextPosition == 9)
        #expect(TokenRecord(job: job, attempt: .first, position: 7, end: .length).nextPosition == 7)
        // A hostile position wraps, and is caught by not being the next one.
        #expect(TokenRecord(job: job, attempt: .first, position: .max, ids: [1]).nextPosition == 0)
    }
}
