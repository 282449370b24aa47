internal import Glibc

/// A message's text as it is looked for in a prompt: most templates leave out white space around it.
struct Needle {
    let bytes: ArraySlice<UInt8>
    /// What was left out in front.
    let cut: Int

    /// As much of a text as says where it begins or ends.
    private static let runBytes = 8

    init(_ text: String) {
        let all = Array(text.utf8)
        let first = all.firstIndex { $0 > 0x20 } ?? all.endIndex
        let last = all.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? first
        bytes = all[first..<max(first, last)]
        cut = first
    }

    /// The first and the last stretch that stay what they are when a text is quoted.
    var ends: (first: ArraySlice<UInt8>, last: ArraySlice<UInt8>)? {
        let runs = bytes.split { byte in
            byte < 0x20 || byte >= 0x7F || Array("\"\\<>&'".utf8).contains(byte)
        }
        guard let first = runs.first(where: { $0.count >= Self.runBytes }),
            let last = runs.last(where: { $0.count >= Self.runBytes })
        else { return nil }
        return (first, last)
    }
}

/// Finds texts in a rendered prompt, within an allowance: whatever a text is like, the work stays a small
/// multiple of its length.
struct NeedleFinder {
    private let text: [UInt8]
    /// Bytes that may still be looked at.
    private var allowance: Int

    /// As much of a needle as is compared before the rest is paid for.
    private static let sampleBytes = 32

    var count: Int { text.count }

    init(_ text: String) {
        self.text = Array(text.utf8)
        allowance = 1 << 16 + 16 * self.text.count
    }

    /// Where a message's text stands, as it is or quoted.
    mutating func range(of needle: Needle, in range: Range<Int>) -> Range<Int>? {
        if let found = self.range(of: needle.bytes, in: range) { return found }
        guard let ends = needle.ends, let first = self.range(of: ends.first, in: range),
            let last = self.range(of: ends.last, in: first.lowerBound..<range.upperBound)
        else { return nil }
        return first.lowerBound..<last.upperBound
    }

    mutating func range(of needle: ArraySlice<UInt8>, in range: Range<Int>) -> Range<Int>? {
        guard let letter = needle.first else { return nil }
        let sample = needle.prefix(Self.sampleBytes)
        var start = range.lowerBound
        while start + needle.count <= range.upperBound, allowance > 0 {
            guard let hit = place(of: letter, in: start..<range.upperBound - needle.count + 1) else {
                allowance -= range.upperBound - start
                return nil
            }
            allowance -= hit - start + 1
            if text[hit..<hit + sample.count].elementsEqual(sample) {
                allowance -= needle.count
                if text[hit..<hit + needle.count].elementsEqual(needle) { return hit..<hit + needle.count }
            }
            start = hit + 1
        }
        return nil
    }

    private func place(of byte: UInt8, in range: Range<Int>) -> Int? {
        text.withUnsafeBytes { text in
            let part = UnsafeRawBufferPointer(rebasing: text[range])
            guard let base = part.baseAddress, let hit = memchr(base, Int32(byte), part.count) else {
                return nil
            }
            return range.lowerBound + (UnsafeRawPointer(hit) - base)
        }
    }

    mutating func lastRange(of needle: ArraySlice<UInt8>, in range: Range<Int>) -> Range<Int>? {
        var last: Range<Int>?
        var start = range.lowerBound
        while let next = self.range(of: needle, in: start..<range.upperBound) {
            last = next
            start = next.upperBound
        }
        return last
    }

    /// From the first of these names to the end of what the last one is followed by, if they stand there in
    /// this order; what follows a name ends with a brace in nearly every way of writing.
    mutating func block(naming names: [String], in range: Range<Int>) -> Range<Int>? {
        var first: Int?
        var place = range.lowerBound
        for name in names {
            guard let found = self.range(of: Array(name.utf8)[...], in: place..<range.upperBound) else {
                return nil
            }
            first = first ?? found.lowerBound
            place = found.upperBound
        }
        guard let first else { return nil }
        let brace = text[place..<range.upperBound].lastIndex(of: UInt8(ascii: "}"))
        return first..<(brace.map { $0 + 1 } ?? place)
    }
}
