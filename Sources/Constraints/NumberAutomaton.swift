/// Follows the text of a JSON number digit by digit and knows what it is worth so far.
///
/// - A whole number fits 64 bits, since that is what its reader will have for it. Other numbers have at most
///   18 digits before the point and 30 behind it, and an exponent that no double overflows.
/// - Where a number has bounds other than 0, or a step, it is written without an exponent. Where a bound is
///   exclusive it has 15 digits at most, so that the reader's rounding cannot carry it onto the bound.
struct NumberAutomaton: Hashable {
    private enum Place: Hashable {
        case start
        case minus
        /// A single 0: no digit may follow.
        case zero
        case whole
        case point
        case fraction
        case exponent
        case exponentSign(isNegative: Bool)
        case exponentDigits(isNegative: Bool, count: Int, value: Int)
    }

    private static let wholeDigits = 18
    private static let fractionDigits = 30
    private static let preciseDigits = 15
    private static let largestExponent = 279
    private static let smallestExponent = 999

    private static let symbols = Array("0123456789-+.eE".unicodeScalars)
    private static let smallestWhole = NumberRules.Bound(value: Decimal(Int64.min), isExclusive: false)
    private static let largestWhole = NumberRules.Bound(value: Decimal(Int64.max), isExclusive: false)

    private var place = Place.start
    private var isNegative = false
    private var wholeCount = 0
    private var fractionCount = 0
    /// How the digits so far compare to the first digits of each bound: -1, 0, 1.
    private var lowOrder = 0
    private var highOrder = 0
    /// By step: what is left of the digits so far.
    private var remainders: [Int] = []

    static func automaton(
        of rules: NumberRules,
        _ budget: inout StepBudget
    ) throws(ConstraintError) -> CharacterAutomaton {
        var rules = rules
        if rules.isWhole {
            rules.raiseLowest(to: smallestWhole)
            rules.lowerHighest(to: largestWhole)
        }
        let alphabet = Alphabet(symbols.map { ScalarSet($0) })
        // The class of what is no symbol is in no set.
        let symbolOfClass = alphabet.members.map(\.first)
        let explorer = StateExplorer<NumberAutomaton>(
            alphabet: alphabet,
            step: { state, kind in symbolOfClass[kind].flatMap { state.reading(symbol: $0, rules) } },
            accepts: { $0.isComplete(rules) }
        )
        var start = NumberAutomaton()
        start.remainders = Array(repeating: 0, count: rules.steps.count)
        return try explorer.explore(from: start, &budget)
    }

    private func reading(symbol: Int, _ rules: NumberRules) -> NumberAutomaton? {
        switch symbol {
        case 0...9: return reading(digit: symbol, rules)
        case 10:
            if place == .exponent { return at(.exponentSign(isNegative: true)) }
            guard place == .start else { return nil }
            var read = at(.minus)
            read.isNegative = true
            return read
        case 11: return place == .exponent ? at(.exponentSign(isNegative: false)) : nil
        case 12:
            guard !rules.isWhole, place == .zero || place == .whole else { return nil }
            var read = at(.point)
            read.lowOrder = Self.settled(lowOrder, wholeCount, rules.lowest?.value)
            read.highOrder = Self.settled(highOrder, wholeCount, rules.highest?.value)
            // From here on only the order counts, and how much was spent of the precise digits.
            if !rules.isExclusive { read.wholeCount = 0 }
            return read
        default:
            guard [.zero, .whole, .fraction].contains(place), rules.allowsExponent else { return nil }
            var read = NumberAutomaton()
            read.place = .exponent
            read.isNegative = isNegative
            return read
        }
    }

    private func at(_ place: Place) -> NumberAutomaton {
        var read = self
        read.place = place
        return read
    }

    private func reading(digit: Int, _ rules: NumberRules) -> NumberAutomaton? {
        switch place {
        case .start, .minus:
            // A whole number has one text: there is no -0.
            if digit == 0, rules.isWhole, place == .minus { return nil }
            var read = at(digit == 0 ? .zero : .whole)
            if digit > 0 { read.countWhole(digit, rules) }
            return read
        case .whole:
            guard wholeCount < (rules.isWhole ? Self.wholeDigits + 1 : Self.wholeDigits) else { return nil }
            var read = self
            read.countWhole(digit, rules)
            return read
        case .point, .fraction:
            guard fractionCount < Self.fractionDigits,
                !rules.isExclusive || wholeCount + fractionCount < Self.preciseDigits
            else { return nil }
            return at(.fraction).countingFraction(digit, rules)
        case .exponent: return at(.exponentSign(isNegative: false)).reading(digit: digit, rules)
        case .exponentSign(let sign): return at(.exponentDigits(isNegative: sign, count: 1, value: digit))
        case .exponentDigits(let sign, let count, let value):
            let value = value * 10 + digit
            guard count < 3, value <= (sign ? Self.smallestExponent : Self.largestExponent) else {
                return nil
            }
            return at(.exponentDigits(isNegative: sign, count: count + 1, value: value))
        case .zero: return nil
        }
    }

    private mutating func countWhole(_ digit: Int, _ rules: NumberRules) {
        Self.compare(&lowOrder, digit, at: wholeCount, of: rules.lowest?.value.whole)
        Self.compare(&highOrder, digit, at: wholeCount, of: rules.highest?.value.whole)
        wholeCount += 1
        count(digit, rules)
    }

    private func countingFraction(_ digit: Int, _ rules: NumberRules) -> NumberAutomaton? {
        var read = self
        Self.compare(&read.lowOrder, digit, at: fractionCount, of: rules.lowest?.value.fraction)
        Self.compare(&read.highOrder, digit, at: fractionCount, of: rules.highest?.value.fraction)
        for index in rules.steps.indices {
            if fractionCount < rules.steps[index].places {
                read.remainders[index] = (remainders[index] * 10 + digit) % rules.steps[index].value
            } else if digit != 0 {
                return nil
            }
        }
        read.fractionCount += 1
        return read
    }

    private mutating func count(_ digit: Int, _ rules: NumberRules) {
        for index in rules.steps.indices {
            remainders[index] = (remainders[index] * 10 + digit) % rules.steps[index].value
        }
    }

    /// One more digit of a number against that of a bound; behind the bound's last digit 0 is equal.
    private static func compare(_ order: inout Int, _ digit: Int, at place: Int, of bound: [UInt8]?) {
        guard order == 0, let bound else { return }
        let other = place < bound.count ? Int(bound[place]) : 0
        order = digit < other ? -1 : digit > other ? 1 : 0
    }

    /// The order once the digits before the point are all there: more digits are more.
    private static func settled(_ order: Int, _ wholeCount: Int, _ bound: Decimal?) -> Int {
        guard let bound, wholeCount != bound.whole.count else { return order }
        return wholeCount < bound.whole.count ? -1 : 1
    }

    private func isComplete(_ rules: NumberRules) -> Bool {
        var (low, high) = (lowOrder, highOrder)
        switch place {
        case .zero, .whole:
            low = Self.settled(low, wholeCount, rules.lowest?.value)
            high = Self.settled(high, wholeCount, rules.highest?.value)
            low = Self.finished(low, 0, rules.lowest?.value)
            high = Self.finished(high, 0, rules.highest?.value)
        case .fraction:
            low = Self.finished(low, fractionCount, rules.lowest?.value)
            high = Self.finished(high, fractionCount, rules.highest?.value)
        case .exponentDigits:
            // Only bounds of 0 are possible here: the sign decides.
            return isNegative ? rules.lowest == nil : rules.highest == nil
        default: return false
        }
        let isZero = wholeCount == 0 && (place == .zero)
        return isWithin(low, high, isZero: isZero, rules) && hasNoRemainder(rules)
    }

    /// The order once the digits end: what the bound has more of makes it larger.
    private static func finished(_ order: Int, _ fractionCount: Int, _ bound: Decimal?) -> Int {
        guard let bound, order == 0 else { return order }
        return fractionCount < bound.fraction.count ? -1 : 0
    }

    private func isWithin(_ low: Int, _ high: Int, isZero: Bool, _ rules: NumberRules) -> Bool {
        let isBelowZero = isNegative && !isZero
        if let bound = rules.lowest, !Self.satisfies(bound, order: low, isBelowZero, isLowest: true) {
            return false
        }
        if let bound = rules.highest, !Self.satisfies(bound, order: high, isBelowZero, isLowest: false) {
            return false
        }
        return true
    }

    /// `order` compares the sizes of the number and the bound, without their signs.
    private static func satisfies(
        _ bound: NumberRules.Bound,
        order: Int,
        _ isNegative: Bool,
        isLowest: Bool
    ) -> Bool {
        var signed = order
        if bound.value.isZero {
            // -0.0 is 0: its digits are those of the bound.
            signed = order == 0 ? 0 : isNegative ? -1 : 1
        } else if isNegative != bound.value.isNegative {
            signed = isNegative ? -1 : 1
        } else if isNegative {
            signed = -order
        }
        if signed == 0 { return !bound.isExclusive }
        return isLowest ? signed > 0 : signed < 0
    }

    private func hasNoRemainder(_ rules: NumberRules) -> Bool {
        for (index, step) in rules.steps.enumerated() {
            var rest = remainders[index]
            for _ in min(fractionCount, step.places)..<step.places { rest = rest * 10 % step.value }
            if rest != 0 { return false }
        }
        return true
    }
}

extension NumberRules {
    fileprivate var isExclusive: Bool { lowest?.isExclusive == true || highest?.isExclusive == true }

    /// With an exponent only the sign is easy to know.
    fileprivate var allowsExponent: Bool {
        let bounds = [lowest, highest].compactMap(\.self)
        return !isWhole && steps.isEmpty && bounds.allSatisfy { $0.value.isZero && !$0.isExclusive }
    }
}
