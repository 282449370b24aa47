/// Looks for one text in others, in time linear in both (Knuth, Morris, Pratt).
struct TextFinder {
    private let wanted: [UInt8]
    /// For each prefix of `wanted`: the length of its longest proper prefix that is also its end.
    private let borders: [Int]

    init(_ text: String) {
        wanted = Array(text.utf8)
        var borders = Array(repeating: 0, count: wanted.count)
        var length = 0
        for index in wanted.indices.dropFirst() {
            while length > 0, wanted[index] != wanted[length] { length = borders[length - 1] }
            if wanted[index] == wanted[length] { length += 1 }
            borders[index] = length
        }
        self.borders = borders
    }

    /// UTF-8 cannot match across character boundaries, so a match of bytes is a match of characters.
    func first(in text: Substring.UTF8View) -> Range<String.Index>? {
        var length = 0
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            while length > 0, byte != wanted[length] { length = borders[length - 1] }
            if byte == wanted[length] { length += 1 }
            index = text.index(after: index)
            if length == wanted.count { return text.index(index, offsetBy: -length)..<index }
        }
        return nil
    }
}
