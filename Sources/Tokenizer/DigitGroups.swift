/// The two patterns that models use to write long numbers in groups of three, counted from the right.
///
/// As regular expressions both look ahead to the end of the number at every step, so a megabyte of digits
/// would take hours; counted by hand they are linear.
struct DigitGroups: Sendable {
    private enum Kind: String {
        /// Each group, where the number ends at the end of a word.
        case groups = #"\d{1,3}(?=(?:\d{3})*\b)"#
        /// The empty places in front of groups.
        case boundaries = #"(?=(\d{3})+(?!\d))"#
    }

    private let kind: Kind

    /// nil when the pattern is none of the two.
    init?(_ pattern: [UInt8]) {
        guard let kind = Kind(rawValue: String(decoding: pattern, as: UTF8.self)) else { return nil }
        self.kind = kind
    }

    func forEachMatch(in text: Bytes, _ body: (Range<Int>) -> Void) {
        var digits: [Range<Int>] = []
        var place = 0
        while place < text.count {
            let (scalar, byteCount) = text.scalar(at: place)
            if scalar.isDecimalDigit {
                digits.append(place..<place + byteCount)
            } else if !digits.isEmpty {
                emit(digits, isBeforeWord: scalar.isWord, body)
                digits.removeAll(keepingCapacity: true)
            }
            place += byteCount
        }
        if !digits.isEmpty { emit(digits, isBeforeWord: false, body) }
    }

    private func emit(_ digits: [Range<Int>], isBeforeWord: Bool, _ body: (Range<Int>) -> Void) {
        var first = 0
        switch kind {
        case .groups:
            guard !isBeforeWord else { return }
            while first < digits.count {
                let rest = (digits.count - first) % 3
                let last = first + (rest == 0 ? 3 : rest) - 1
                body(digits[first].lowerBound..<digits[last].upperBound)
                first = last + 1
            }
        case .boundaries:
            first = digits.count % 3
            while first < digits.count {
                body(digits[first].lowerBound..<digits[first].lowerBound)
                first += 3
            }
        }
    }
}
