internal import Contract
internal import JSON

extension SamplingDefaults {
    /// The parameters in generation_config.json that decide which token is picked.
    ///
    /// What is out of its range there recommends nothing. `do_sample` is not looked at: hardly any file sets
    /// it, and a client that wants the likeliest token asks for a temperature of 0.
    init(generationConfig config: JSONValue?) {
        self.init()
        func number(_ name: String, in range: ClosedRange<Double>) -> Float? {
            guard let number = config?[name]?.numberValue, range.contains(number) else { return nil }
            return Float(number)
        }
        temperature = number("temperature", in: 0...2)
        topP = number("top_p", in: 0...1)
        minP = number("min_p", in: 0...1)
        repetitionPenalty = number("repetition_penalty", in: 0.01...10)
        topK = config?["top_k"]?.integerValue.flatMap { UInt32(exactly: $0) }
    }
}
