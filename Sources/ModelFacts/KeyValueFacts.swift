/// What the memory of a conversation takes: keys and values of every token in every layer.
public struct KeyValueFacts: Hashable, Sendable {
    public var bytesPerToken: Int
    /// For all tokens of the context; nil where that is unknown or beyond any memory.
    public var fullContextBytes: Int?
    /// As much of that as layers with a window ever look at; nil for a model without.
    public var windowedContextBytes: Int?

    /// Nil where the model does not say enough, or keeps something else than keys and values.
    init?(_ architecture: ArchitectureFacts, elementBytes: Int) {
        guard
            let perToken = architecture.keyValueBytes(
                elementBytes: elementBytes,
                layerCount: architecture.layerCount
            )
        else { return nil }
        bytesPerToken = perToken
        fullContextBytes = product(perToken, architecture.contextTokenCount)
        guard let window = architecture.windowTokenCount, let context = architecture.contextTokenCount,
            let layerCount = architecture.layerCount, architecture.windowedLayerCount <= layerCount
        else { return }
        let windowed = architecture.windowedLayerCount
        let near = product(
            architecture.keyValueBytes(elementBytes: elementBytes, layerCount: windowed),
            min(window, context)
        )
        let far = product(
            architecture.keyValueBytes(elementBytes: elementBytes, layerCount: layerCount - windowed),
            context
        )
        guard let near, let far else { return }
        windowedContextBytes = near.addingReportingOverflow(far).overflow ? nil : near + far
    }
}
