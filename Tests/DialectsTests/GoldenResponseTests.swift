import Contract
import Dialects
import JSON
import Testing

@Suite struct `A golden request for a response` {
    @Test(arguments: GoldenCase.all(in: "responses/")) func `becomes the jobs on file`(
        golden: GoldenCase
    )
        throws
    {
        try golden.expect(Array(try golden.plan().text.utf8), matches: "job.txt")
    }

    @Test(arguments: GoldenCase.all(in: "responses/")) func `is answered with the bytes on file`(
        golden: GoldenCase
    )
        throws
    {
        let (reply, bytes) = try golden.response(to: try golden.plan())
        guard !reply.streams else { return try golden.expect(bytes, matches: "reply.sse") }
        try golden.expect(reply.wholeAnswer().body, matches: "reply.json")
    }

    @Test(arguments: GoldenCase.all(in: "responses/"))
    func `is told the same events from any of them on, now and out of a store`(golden: GoldenCase) throws {
        let (reply, bytes) = try golden.response(to: try golden.plan())
        guard reply.streams || reply.isBackground else { return }
        let told = EventStream(bytes).events
        let numbers = try told.map { try JSONValue(parsing: $0.data)["sequence_number"]?.integerValue }
        #expect(numbers == told.indices.map { Int64($0) })
        let stored = try #require(
            StoredResponse(
                reply.transcript.id,
                request: reply.transcript.storedRequest,
                result: reply.transcript.storedResult
            )
        )
        for transcript in [reply.transcript, stored.transcript] {
            for first in told.indices {
                var again: [UInt8] = []
                let (position, isAll) = transcript.appendEvents(
                    after: first == 0 ? nil : first - 1,
                    into: &again
                )
                #expect(position == told.indices.last && isAll)
                #expect(EventStream(again).events.map(\.data) == told[first...].map(\.data))
            }
        }
    }

    @Test(arguments: GoldenCase.all(in: "responses/"))
    func `is told its events in pieces, without a gap`(golden: GoldenCase) throws {
        let transcript = try golden.response(to: try golden.plan()).reply.transcript
        var whole: [UInt8] = []
        _ = transcript.appendEvents(after: nil, into: &whole)
        var bytes: [UInt8] = []
        var position: Int?
        while true {
            var piece: [UInt8] = []
            let (told, isAll) = transcript.appendEvents(after: position, limit: 1, into: &piece)
            bytes += piece
            position = told
            if isAll { break }
        }
        #expect(bytes == whole)
    }

    @Test(arguments: GoldenCase.all(in: "invalid-responses/")) func `that is wrong is refused as on file`(
        golden: GoldenCase
    )
        throws
    {
        let error = #expect(throws: DialectError.self) { try golden.plan() }
        let answer = Dialect.openAI.answer(to: try #require(error), requestID: "req_golden")
        let made: JSONObject = [
            "status": .integer(Int64(answer.status)), "body": try JSONValue(parsing: answer.body),
        ]
        try golden.expect(JSONValue.object(made).serialized + [UInt8(ascii: "\n")], matches: "refusal.json")
    }

    @Test func `exists in many kinds`() {
        #expect(GoldenCase.all(in: "responses/").count >= 20)
        #expect(GoldenCase.all(in: "invalid-responses/").count >= 30)
    }
}
