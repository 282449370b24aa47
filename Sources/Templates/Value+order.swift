/// Equality and order, as Python has them.
extension Value {
    func isEqual(to other: Value) -> Bool {
        switch (self, other) {
        case (.none, .none), (.undefined, .undefined): return true
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return left.elements.count == right.elements.count
                && zip(left.elements, right.elements).allSatisfy { $0.isEqual(to: $1) }
        case (.dictionary(let left), .dictionary(let right)):
            return left.members.count == right.members.count
                && left.members.allSatisfy { right[$0.key]?.isEqual(to: $0.value) ?? false }
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.callable(let left), .callable(let right)): return left === right
        case (.loop(let left), .loop(let right)): return left === right
        case (.iterable(let left), .iterable(let right)): return left.isEqual(to: right)
        default:
            if let left = asText, let right = other.asText { return left.isSame(as: right) }
            if let left = asInteger, let right = other.asInteger { return left == right }
            if let left = asDouble, let right = other.asDouble { return left == right }
            return false
        }
    }

    /// Whether this comes before `other`; nil when Python would not compare them.
    func isLess(than other: Value) -> Bool? {
        switch (self, other) {
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            for (first, second) in zip(left.elements, right.elements) where !first.isEqual(to: second) {
                return first.isLess(than: second)
            }
            return left.elements.count < right.elements.count
        default:
            if let left = asText, let right = other.asText {
                return left.utf8.lexicographicallyPrecedes(right.utf8)
            }
            if let left = asInteger, let right = other.asInteger { return left < right }
            if let left = asDouble, let right = other.asDouble { return left < right }
            return nil
        }
    }

    /// How much work it is to walk through: elements and bytes of text, as units.
    var weight: Int {
        switch self {
        case .string(let text), .markup(let text): text.utf8.count / Limits.bytesPerUnit
        case .list(let list), .tuple(let list): list.weight
        case .dictionary(let dictionary): dictionary.weight
        case .iterable(let iterable): iterable.weight
        default: 0
        }
    }

    static func weight(of elements: some Sequence<Value>) -> Int {
        elements.reduce(0) { $0.addingSaturated($1.weight).addingSaturated(1) }
    }
}

extension Int {
    func addingSaturated(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
