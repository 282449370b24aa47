import JSON
import Testing

@testable import Edge

@Suite struct `The local time of a request` {
    private let time = LocalTime(text: "2026-02-03T04:05:06")

    @Test func `is added to what a template is given`() throws {
        let added = try #require(
            try JSONValue(parsing: time.added(to: #"{"messages":[],"a":1}"#)).objectValue
        )
        #expect(added["now"] == .string("2026-02-03T04:05:06"))
        #expect(added.count == 3)
    }

    @Test func `does not replace what the client said`() {
        let context = #"{"now": "1999-12-31T23:59:59"}"#
        #expect(time.added(to: context) == context)
    }

    @Test func `is added beside members that only look like it`() throws {
        for context in [#"{"a":"now"}"#, #"{"a":{"now":1}}"#, "{}"] {
            let added = try #require(try JSONValue(parsing: time.added(to: context)).objectValue)
            #expect(added["now"] == .string("2026-02-03T04:05:06"))
        }
    }

    @Test(arguments: ["", "[]", "no JSON", "{", "null"])
    func `leaves alone what is no object`(context: String) {
        #expect(time.added(to: context) == context)
    }

    @Test func `has the form that templates read`() throws {
        let form = /\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d/
        #expect(try form.wholeMatch(in: LocalTime.now.text) != nil)
    }
}
