import Testing

@testable import Http

@Suite struct `A date line` {
    @Test(arguments: [
        (784_111_777, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        (0, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
        (1_709_210_096, "Date: Thu, 29 Feb 2024 12:34:56 GMT\r\n"),
    ])
    func `is written as RFC 9110 wants it`(second: Int, line: String) {
        #expect(DateLine.text(second) == line)
    }
}
