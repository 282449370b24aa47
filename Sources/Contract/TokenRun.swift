/// The next few ids of a stream: nearly always one, now and then several that were guessed at once.
///
/// One id takes no memory of its own, so that a step of many streams asks the system for none.
public struct TokenRun: Hashable, Sendable {
    private var first: TokenID?
    /// All behind the first.
    private var others: [TokenID] = []

    public init() {}

    public init(_ ids: some Sequence<TokenID>) { append(contentsOf: ids) }

    public mutating func append(_ id: TokenID) {
        if first == nil { first = id } else { others.append(id) }
    }

    public mutating func append(contentsOf ids: some Sequence<TokenID>) {
        for id in ids { append(id) }
    }
}

extension TokenRun: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { first == nil ? 0 : others.count + 1 }

    public subscript(place: Int) -> TokenID {
        if place == 0, let first { return first }
        return others[place - 1]
    }
}

extension TokenRun: ExpressibleByArrayLiteral {
    public init(arrayLiteral ids: TokenID...) { self.init(ids) }
}

/// Shown as the list that it is.
extension TokenRun: CustomReflectable, CustomStringConvertible {
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: self, displayStyle: .collection) }
    public var description: String { Array(self).description }
}
