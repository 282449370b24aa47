/// What the engine can take now, on top of everything it has been given: absolute numbers.
public struct EngineCredit: Hashable, Sendable {
    public var freeSequences: Int
    public var freeTokens: Int

    public init(freeSequences: Int, freeTokens: Int) {
        self.freeSequences = freeSequences
        self.freeTokens = freeTokens
    }
}
