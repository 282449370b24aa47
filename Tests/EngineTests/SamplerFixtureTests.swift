import Contract
import Engine
import JSON
import TestSupport
import Testing

@Suite(
    .enabled(
        if: SharedFixtures.has("sampling/sampling.json"),
        "needs sampling/sampling.json of the shared fixtures"
    )
)
struct `A sampler beside its references` {
    @Test func `keeps the same tokens with the same probabilities`() throws {
        let fixture = try SharedFixtures.json("sampling/sampling.json")
        var checkedCount = 0
        for (index, value) in (fixture["cases"]?.arrayValue ?? []).enumerated() {
            let golden = try #require(GoldenDraw(value, rows: fixture["logits"]))
            // Where the references disagree, ours is the order of transformers.
            guard golden.isOurs else { continue }
            let ours = try Sampler.distribution(
                logits: golden.logits,
                history: golden.history,
                sampling: golden.sampling
            ).sorted { $0.0 < $1.0 }
            #expect(ours.map(\.0) == golden.kept, "case \(index)")
            let worst = zip(ours, golden.probabilities).map { abs($0.1 - $1) }.max() ?? 0
            #expect(worst < 1e-5, "case \(index)")
            checkedCount += 1
        }
        #expect(checkedCount > 100)
    }
}

/// One case of the file.
private struct GoldenDraw {
    var logits: [Float]
    var history: [TokenID]
    var sampling: Sampling
    var kept: [TokenID]
    var probabilities: [Double]
    var isOurs: Bool

    init?(_ value: JSONValue, rows: JSONValue?) {
        guard let row = value["logits"]?.stringValue, let logits = rows?[row]?.arrayValue,
            let parameters = value["params"]?.objectValue
        else { return nil }
        self.logits = logits.compactMap { $0.numberValue.map { Float($0) } }
        history = Self.ids(value["history"])
        sampling = Sampling()
        for (name, value) in parameters {
            let number = value.numberValue ?? 0
            switch name {
            case "temperature": sampling.temperature = Float(number)
            case "top_k": sampling.topK = UInt32(number)
            case "top_p": sampling.topP = Float(number)
            case "min_p": sampling.minP = Float(number)
            case "repetition_penalty": sampling.repetitionPenalty = Float(number)
            case "presence_penalty": sampling.presencePenalty = Float(number)
            case "frequency_penalty": sampling.frequencyPenalty = Float(number)
            case "logit_bias":
                for (token, bias) in value.objectValue ?? [:] {
                    guard let id = TokenID(token), let bias = bias.numberValue else { return nil }
                    sampling.bias.append(TokenBias(token: id, bias: Float(bias)))
                }
            default: return nil
            }
        }
        kept =
            value["kept"]?.stringValue == "all" ? Array(0..<TokenID(logits.count)) : Self.ids(value["kept"])
        probabilities = value["probs"]?.arrayValue?.compactMap(\.numberValue) ?? []
        let agreed = value["agrees_with_other_reference"]?.boolValue ?? true
        isOurs = agreed || value["reference"]?.stringValue == "transformers"
    }

    private static func ids(_ value: JSONValue?) -> [TokenID] {
        (value?.arrayValue ?? []).compactMap { $0.integerValue.map { TokenID($0) } }
    }
}
