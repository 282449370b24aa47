/// The variables that one part of a template can see: its own and those of the parts around it.
final class Scope {
    private let parent: Scope?
    private var ids: [NameID] = []
    private var values: [Value] = []

    init(in parent: Scope?) { self.parent = parent }

    subscript(_ id: NameID) -> Value? {
        var scope = self
        while true {
            if let place = scope.ids.lastIndex(of: id) { return scope.values[place] }
            guard let parent = scope.parent else { return nil }
            scope = parent
        }
    }

    /// Sets a variable of this part; those around keep theirs.
    func set(_ id: NameID, _ value: Value) {
        if let place = ids.lastIndex(of: id) {
            values[place] = value
        } else {
            ids.append(id)
            values.append(value)
        }
    }

    func removeAll() {
        ids.removeAll()
        values.removeAll()
    }
}
