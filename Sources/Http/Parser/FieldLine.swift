/// One header or trailer field line, taken apart.
enum FieldLine {
    /// Where the name ends and where the value lies in `line`, which has no CR LF.
    ///
    /// No obsolete folding, no space before the colon (RFC 9112 5.1, 5.2): both are ways to hide a field from
    /// one of two readers.
    static func split(_ line: Span<UInt8>) throws(HttpFault) -> (nameEnd: Int, value: Range<Int>) {
        guard line.count > 0, line[0] != .space, line[0] != .horizontalTab else {
            throw .malformed("a header field is folded over two lines")
        }
        var nameEnd = 0
        while nameEnd < line.count, line[nameEnd].isToken { nameEnd += 1 }
        guard nameEnd < line.count, line[nameEnd] == .colon else {
            throw .malformed("a header field name is not a token followed by a colon")
        }
        guard nameEnd > 0 else { throw .malformed("a header field has no name") }
        for index in nameEnd + 1..<line.count where !line[index].isFieldContent {
            throw .malformed("a header field value has a control character")
        }
        let trimmed = line.extracting(nameEnd + 1..<line.count).trimmedRange
        return (nameEnd, trimmed.lowerBound + nameEnd + 1..<trimmed.upperBound + nameEnd + 1)
    }

    /// Calls `body` with each element of a comma-separated list, trimmed; empty elements are left out.
    static func eachElement(of list: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        var start = 0
        while start <= list.count {
            let end = list.firstIndex(of: .comma, from: start) ?? list.count
            let element = list.extracting(start..<end)
            let trimmed = element.trimmedRange
            if !trimmed.isEmpty { body(element.extracting(trimmed)) }
            start = end + 1
        }
    }
}
