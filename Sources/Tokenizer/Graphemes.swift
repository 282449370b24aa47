/// What a reader sees as single characters: extended grapheme clusters.
enum Graphemes {
    /// Calls `body` with the bytes of each, in order.
    static func forEach(in text: Bytes, _ body: (Range<Int>) -> Void) {
        var place = 0
        while place < text.count {
            var end = place + 1
            while end < text.count, !isBreak(text, end) { end += 1 }
            if end == place + 1 {
                body(place..<end)
            } else {
                var start = place
                for character in String(decoding: text.part(place..<end), as: UTF8.self) {
                    let next = start + character.utf8.count
                    body(start..<next)
                    start = next
                }
            }
            place = end
        }
    }

    /// Whether a cluster certainly starts there: between two ASCII characters that are no line end.
    private static func isBreak(_ text: Bytes, _ place: Int) -> Bool {
        text[place] < 0x80 && text[place - 1] < 0x80 && !(text[place - 1] == 0x0D && text[place] == 0x0A)
    }
}
