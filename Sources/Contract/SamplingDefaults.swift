/// The sampling parameters that somebody gave, and nil for those that nobody did.
///
/// Of a model: what its maker recommends in generation_config.json. Of a request: what its client asked for,
/// which wins.
public struct SamplingDefaults: Hashable, Sendable {
    public var temperature: Float?
    public var topK: UInt32?
    public var topP: Float?
    public var minP: Float?
    public var repetitionPenalty: Float?

    public init() {}

    /// These, and what they leave open as `others` have it.
    public func filled(from others: SamplingDefaults) -> SamplingDefaults {
        var filled = self
        filled.temperature = temperature ?? others.temperature
        filled.topK = topK ?? others.topK
        filled.topP = topP ?? others.topP
        filled.minP = minP ?? others.minP
        filled.repetitionPenalty = repetitionPenalty ?? others.repetitionPenalty
        return filled
    }

    /// Sets what is given.
    public func apply(to sampling: inout Sampling) {
        sampling.temperature = temperature ?? sampling.temperature
        sampling.topK = topK ?? sampling.topK
        sampling.topP = topP ?? sampling.topP
        sampling.minP = minP ?? sampling.minP
        sampling.repetitionPenalty = repetitionPenalty ?? sampling.repetitionPenalty
    }
}
