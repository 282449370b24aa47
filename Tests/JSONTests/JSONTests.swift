import JSON
import Testing

@Suite struct `A JSON document` {
    @Test(arguments: [
        "null", "true", "[1,2.5,-3]", #"{"b":1,"a":{"c":[]}}"#, #""\u0000 \"é\\ 😀""#, "1e300",
        "9223372036854775807",
    ])
    func `reads back as it was written`(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: value.serialized) == value)
    }

    @Test(arguments: [2, 20]) func `keeps keys apart that only look the same`(count: Int) throws {
        let filler = (2..<count).map { ",\"k\($0)\":0" }.joined()
        let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2\(filler)}")
        #expect(value.objectValue?.count == count)
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test func `keeps the order of its members`() throws {
        let text = "{" + (0..<40).map { "\"k\(39 - $0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(try JSONValue(parsing: text).description == text)
    }

    @Test func `escapes what must be, wherever it stands, and nothing else`() {
        let texts = [
            "": #""""#, "\"": #""\"""#, "a\\": #""a\\""#, "\nb\r\t": #""\nb\r\t""#,
            "é\u{0}\u{1F}\u{7F}日": #""é\u0000\u001f\u007f日""#, "/ \u{80}\u{2028}": "\"/ \u{80}\u{2028}\"",
        ]
        for (text, written) in texts { #expect(JSONValue.string(text).description == written) }
    }

    @Test(arguments: [
        "", "{", "[1,]", #"{"a":1,"a":2}"#, "1 2", #""\ud800""#, "1e999", "99999999999999999999", "[\u{1}]",
        "nul",
    ])
    func `is refused when malformed`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func `is refused when nested too deep, without using up the stack`() {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
        let bomb = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: bomb) }
    }

    @Test func `is refused when it holds more values or members than are taken`() throws {
        let limits = JSONLimits(depth: 8, bytes: 1000, values: 10, members: 4)
        let allowed = [
            "[" + Array(repeating: "1", count: 9).joined(separator: ",") + "]",
            #"{"a":1,"b":{"c":2,"d":3}}"#,
            #"["a,b,c,d,e,f,g,h,i,j,k:l:m:n:o:p","\",,,,,,,,,,::::::","\\"]"#,
        ]
        for text in allowed { _ = try JSONValue(parsing: text, limits: limits) }
        let refused = [
            "[" + Array(repeating: "1", count: 10).joined(separator: ",") + "]",
            "[" + Array(repeating: "[]", count: 6).joined(separator: ",") + "]",
            #"{"a":1,"b":{"c":2,"d":3,"e":4}}"#, #"["\\",1,1,1,1,1,1,1,1,1,1]"#,
        ]
        for text in refused {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text, limits: limits) }
            #expect(error?.isTooLarge == true)
        }
    }

    @Test func `drops removed members and finds the others, small or large`() {
        var object = JSONObject()
        for index in 0..<30 { object["k\(index)"] = .integer(Int64(index)) }
        object["k3"] = nil
        object["k7"] = "seven"
        #expect(object.count == 29)
        #expect(object["k3"] == nil)
        #expect(object["k7"] == "seven")
        #expect(object["k29"] == 29)
    }
}
