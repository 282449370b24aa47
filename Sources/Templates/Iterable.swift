/// Values to loop over that are not a list: a range, what a dictionary's methods return, or what a filter
/// such as `map` yields.
///
/// Python makes those lazily. Here they are made at once, and nobody can tell: nothing that makes them has
/// side effects, and an error is kept until somebody reads as far as it.
final class Iterable {
    enum Kind: String {
        case range
        case keys = "dict_keys"
        case values = "dict_values"
        case items = "dict_items"
        /// These can be read once.
        case generator
        case reversedList = "list_reverseiterator"
        case reversed
    }

    let kind: Kind
    let depth: Int
    let weight: Int
    /// For a range only.
    let bounds: (start: Int, stop: Int, step: Int)
    private let elements: [Value]
    private let failure: TemplateError?
    /// How many have been read, of those that can be read once.
    private var place = 0

    init(
        _ kind: Kind,
        _ elements: [Value],
        failure: TemplateError? = nil,
        bounds: (start: Int, stop: Int, step: Int) = (0, 0, 1)
    ) {
        self.kind = kind
        self.elements = elements
        self.failure = failure
        self.bounds = bounds
        depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
        weight = Value.weight(of: elements)
    }

    /// Whether reading uses it up.
    var isUsedUp: Bool {
        switch kind {
        case .range, .keys, .values, .items: false
        case .generator, .reversedList, .reversed: true
        }
    }

    /// nil for what does not know its length.
    var count: Int? { isUsedUp ? nil : elements.count }

    /// Reads all that is left.
    func rest() throws(TemplateError) -> [Value] {
        let rest = place == 0 ? elements : Array(elements[place...])
        if isUsedUp { place = elements.count }
        if let failure { throw failure }
        return rest
    }

    /// Reads one; nil behind the last.
    func next() throws(TemplateError) -> Value? {
        guard place < elements.count else {
            if let failure { throw failure }
            return nil
        }
        defer { if isUsedUp { place += 1 } }
        return elements[place]
    }

    /// Ranges and the keys of dictionaries are compared by what is in them.
    func isEqual(to other: Iterable) -> Bool {
        switch (kind, other.kind) {
        case (.range, .range):
            elements.count == other.elements.count
                && zip(elements, other.elements).allSatisfy { $0.isEqual(to: $1) }
        case (.keys, .keys): Set(elements.compactMap(Key.init)) == Set(other.elements.compactMap(Key.init))
        default: self === other
        }
    }
}
