/// The patterns that models use to write long numbers in groups of three, counted from the right.
///
/// As regular expressions they look ahead to the end of the number at every step, so a megabyte of digits
/// would take hours; counted by hand they are linear.
struct DigitGroups: Sendable {
    private enum Kind: String {
        /// Each group, where the number ends at the end of a word.
        case groups = #"\d{1,3}(?=(?:\d{3})*\b)"#
        /// The empty places in front of groups.
        case boundaries = #"(?=(\d{3})+(?!\d))"#
        /// The same with ASCII digits only.
        case asciiBoundaries = "(?=([0-9]{3})+(?![0-9]))"
        /// Each group, the first together with what is in front of the number.
        case merging = #"[^\p{N}]*\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"#

        func isDigit(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .groups, .boundaries: scalar.isDecimalDigit
            case .asciiBoundaries: scalar.isASCII && scalar.isDecimalDigit
            case .merging: scalar.isNumeric
            }
        }
    }

    static let asciiBoundaries = Kind.asciiBoundaries.rawValue
    static let merging = Kind.merging.rawValue

    private let kind: Kind

    /// nil when the pattern is none of them.
    init?(_ pattern: [UInt8]) {
        guard let kind = Kind(rawValue: String(decoding: pattern, as: UTF8.self)) else { return nil }
        self.kind = kind
    }

    func forEachMatch(in text: Bytes, _ body: (Range<Int>) -> Void) {
        var digits: [Range<Int>] = []
        var place = 0
        var done = 0
        func emit(isBeforeWord: Bool) {
            self.emit(digits, isBeforeWord: isBeforeWord) { match in
                body(kind == .merging ? done..<match.upperBound : match)
                done = match.upperBound
            }
            digits.removeAll(keepingCapacity: true)
        }
        while place < text.count {
            let (scalar, byteCount) = text.scalar(at: place)
            if kind.isDigit(scalar) {
                digits.append(place..<place + byteCount)
            } else if !digits.isEmpty {
                emit(isBeforeWord: scalar.isWord || scalar.isLatinNumber)
            }
            place += byteCount
        }
        if !digits.isEmpty { emit(isBeforeWord: false) }
    }

    private func emit(_ digits: [Range<Int>], isBeforeWord: Bool, _ body: (Range<Int>) -> Void) {
        var first = 0
        switch kind {
        case .groups, .merging:
            guard !isBeforeWord || kind == .merging else { return }
            while first < digits.count {
                let rest = (digits.count - first) % 3
                let last = first + (rest == 0 ? 3 : rest) - 1
                body(digits[first].lowerBound..<digits[last].upperBound)
                first = last + 1
            }
        case .boundaries, .asciiBoundaries:
            first = digits.count % 3
            while first < digits.count {
                body(digits[first].lowerBound..<digits[first].lowerBound)
                first += 3
            }
        }
    }
}
