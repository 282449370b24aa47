/// Several values in order.
struct List {
    let elements: [Value]
    let depth: Int
    /// The work of walking through all of it, kept because a list can hold another a thousand times over.
    let weight: Int
    /// The elements' names, where they have some: what `groupby` makes.
    let fields: [String]

    init(_ elements: [Value], fields: [String] = []) {
        self.elements = elements
        self.fields = fields
        depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
        weight = Value.weight(of: elements)
    }
}
