/// Which numbers a schema lets through.
struct NumberRules: Hashable, Sendable {
    struct Bound: Hashable, Sendable {
        var value: Decimal
        var isExclusive: Bool
    }

    /// Divides every number: `value` shifted by `places` is whole.
    struct Step: Hashable, Sendable {
        var value: Int
        var places: Int
    }

    var isWhole = false
    var lowest: Bound?
    var highest: Bound?
    var steps: [Step] = []

    /// The tighter of each.
    mutating func narrow(by other: NumberRules) {
        isWhole = isWhole || other.isWhole
        steps += other.steps.filter { !steps.contains($0) }
        if let bound = other.lowest { raiseLowest(to: bound) }
        if let bound = other.highest { lowerHighest(to: bound) }
    }

    mutating func raiseLowest(to bound: Bound) {
        guard let lowest else { return self.lowest = bound }
        let order = bound.value.compared(to: lowest.value)
        if order > 0 || (order == 0 && bound.isExclusive) { self.lowest = bound }
    }

    mutating func lowerHighest(to bound: Bound) {
        guard let highest else { return self.highest = bound }
        let order = bound.value.compared(to: highest.value)
        if order < 0 || (order == 0 && bound.isExclusive) { self.highest = bound }
    }

    /// Whether a number of a document satisfies them.
    func admit(_ number: Decimal) -> Bool {
        if isWhole, !number.fraction.isEmpty { return false }
        if let lowest {
            let order = number.compared(to: lowest.value)
            if order < 0 || (order == 0 && lowest.isExclusive) { return false }
        }
        if let highest {
            let order = number.compared(to: highest.value)
            if order > 0 || (order == 0 && highest.isExclusive) { return false }
        }
        return steps.allSatisfy { step in
            number.scaled(by: step.places).map { $0 % step.value == 0 } ?? false
        }
    }
}
