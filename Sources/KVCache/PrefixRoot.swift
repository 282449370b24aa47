/// Whose beginnings a text may share: those of one scope that were computed with one frequency set.
///
/// Scopes see nothing of each other's texts, not even by how long an answer takes.
public struct PrefixRoot: Hashable, Sendable {
    public var scope: String
    /// What the model computes a text of this length with; keys and values of one set are of no use in
    /// another.
    public var frequencySet: Int

    public init(scope: String = "", frequencySet: Int = 0) {
        self.scope = scope
        self.frequencySet = frequencySet
    }
}
