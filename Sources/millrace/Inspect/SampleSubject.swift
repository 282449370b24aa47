import Contract
import Engine
import JSON

/// One row of logits to what remains of it after all filters.
struct SampleSubject: LineSubject {
    func answer(_ request: InspectRequest) throws(InspectError) -> [UInt8] {
        guard let elements = request.value("logits")?.arrayValue else {
            throw InspectError("\"logits\" must be a list of numbers")
        }
        var logits: [Float] = []
        logits.reserveCapacity(elements.count)
        for element in elements { logits.append(try Self.logit(element)) }
        let history = try request.ids("history") ?? []
        let sampling = try Sampling(request, temperature: 1)
        let kept: [(TokenID, Double)]
        do throws(SamplingError) {
            kept = try Sampler.distribution(logits: logits, history: history, sampling: sampling)
        } catch {
            throw InspectError("no token can be picked: \(error)")
        }
        var probabilities = JSONObject()
        for (id, probability) in kept { probabilities[String(id)] = .number(probability) }
        return JSONValue.object(["probabilities": .object(probabilities)]).serialized
    }

    /// JSON has no infinities, so a masked token is the string "-inf".
    private static func logit(_ value: JSONValue) throws(InspectError) -> Float {
        if value == "-inf" { return -.infinity }
        guard let number = value.numberValue, Float(number).isFinite else {
            throw InspectError("\"logits\" holds \(value), which is no number of a row")
        }
        return Float(number)
    }
}
