import Contract
import Testing

@testable import Worker

@Suite struct `An answer about a prompt` {
    private func submission(_ committed: [TokenID] = []) -> Submission {
        let job = Job(id: JobID(high: 0, low: 7), model: "m", task: .tokenize, prompt: .text("x"))
        return Submission(job: job, attempt: .first, committed: committed)
    }

    @Test func `is a stream that opens, tells and ends`() {
        let records = PromptAnswer(promptTokens: 3, ids: [1, 2, 3], text: "abc").records(for: submission())
        #expect(records.first?.opening == StreamOpening(promptTokens: 3))
        #expect(records.flatMap(\.ids) == [1, 2, 3])
        #expect(records.last?.text == "abc" && records.last?.end == .stop(sequence: nil))
        #expect(records.dropLast().allSatisfy { $0.end == nil && $0.text.isEmpty })
    }

    @Test func `comes in records that the wire takes, one behind the other`() {
        let ids = (0..<20_000).map { TokenID($0) }
        let records = PromptAnswer(promptTokens: ids.count, ids: ids).records(for: submission())
        var next: UInt32 = 0
        for record in records {
            #expect(record.position == next && record.ids.count <= 16_384)
            next = record.nextPosition
        }
        #expect(records.flatMap(\.ids) == ids && records.filter { $0.end != nil }.count == 1)
    }

    @Test(arguments: [0, 1, 8191, 8192, 19_999, 20_000]) func `goes on behind what was shown`(shown: Int) {
        let ids = (0..<20_000).map { TokenID($0) }
        let answer = PromptAnswer(promptTokens: ids.count, ids: ids)
        let records = answer.records(for: submission(Array(ids[..<shown])))
        #expect(records.first?.position == UInt32(shown))
        #expect(records.flatMap(\.ids) == Array(ids[shown...]))
        #expect(records.last?.end == .stop(sequence: nil))
    }

    @Test func `is refused where no record can hold its text`() {
        #expect(throws: Failure.self) { try PromptAnswer.checked(String(repeating: "x", count: 1 << 19)) }
    }
}
