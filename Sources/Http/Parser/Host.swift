/// The rule for a host with an optional port, as in the Host field (RFC 9112 3.2, RFC 3986 3.2.2).
enum Host {
    /// An empty host is refused: every http address has one.
    ///
    /// So is user information.
    static func isValid(_ text: Span<UInt8>) -> Bool {
        var end = 0
        if text.count > 0, text[0] == .leftBracket {
            guard let close = text.firstIndex(of: .rightBracket), close > 1 else { return false }
            for index in 1..<close where !isAddress(text[index]) { return false }
            end = close + 1
        } else {
            while end < text.count, text[end] != .colon {
                guard text[end].isRegisteredName else { return false }
                end += 1
            }
            guard end > 0 else { return false }
        }
        return end == text.count || text[end] == .colon && isPort(text.extracting(end + 1..<text.count))
    }

    private static func isAddress(_ byte: UInt8) -> Bool {
        byte.hexDigit != nil || byte == .colon || byte == 0x2E
    }

    /// Digits, or nothing at all, which means the default.
    private static func isPort(_ text: Span<UInt8>) -> Bool {
        guard text.count <= 5 else { return false }
        var port = 0
        for index in 0..<text.count {
            guard text[index].isDigit else { return false }
            port = port * 10 + Int(text[index] - 0x30)
        }
        return port <= 65_535
    }
}
