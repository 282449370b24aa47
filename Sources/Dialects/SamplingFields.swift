internal import Contract
internal import JSON

/// The sampling and limit fields, which the endpoints of one API share.
struct SamplingFields {
    var sampling = Sampling()
    var limits = JobLimits()
    var needsSeed = true

    private let fields: RequestFields

    /// OpenAI's fields and the ones that other servers add to them.
    ///
    /// `max_completion_tokens` wins over `max_tokens`.
    static func openAI(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> SamplingFields {
        var read = SamplingFields(fields: fields)
        try read.readCommon(temperature: RequestLimits.openAITemperature, headers)
        try read.readPenalties()
        try read.readBias()
        try read.readSeed()
        try read.readStop("stop", atMost: RequestLimits.openAIStopCount)
        try read.readStopTokens()
        read.limits.ignoresEnd = try fields.flag("ignore_eos") ?? false
        let older = try fields.integer("max_tokens", in: RequestLimits.maxTokens)
        let maxTokens = try fields.integer("max_completion_tokens", in: RequestLimits.maxTokens) ?? older
        read.limits.maxTokens = maxTokens.map { UInt32(clamping: $0) }
        return read
    }

    static func anthropic(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> SamplingFields {
        var read = SamplingFields(fields: fields)
        try read.readCommon(temperature: RequestLimits.anthropicTemperature, headers)
        try read.readStop("stop_sequences", atMost: RequestLimits.anthropicStopCount)
        let maxTokens = try fields.integer("max_tokens", in: RequestLimits.maxTokens)
        read.limits.maxTokens = UInt32(clamping: try fields.required("max_tokens", maxTokens))
        return read
    }

    private init(fields: RequestFields) { self.fields = fields }

    private mutating func readCommon(
        temperature range: ClosedRange<Double>,
        _ headers: RequestHeaders
    ) throws(DialectError) {
        sampling.temperature = try fields.number("temperature", in: range) ?? 1
        sampling.topP = try fields.number("top_p", in: RequestLimits.share) ?? 1
        // -1 is how vLLM says "all".
        let topK = try fields.integer("top_k", in: -1...Int64(Int32.max)) ?? 0
        sampling.topK = UInt32(clamping: topK)
        limits.timeoutMilliseconds = try timeout(headers)
    }

    private mutating func readPenalties() throws(DialectError) {
        sampling.minP = try fields.number("min_p", in: RequestLimits.share) ?? 0
        sampling.presencePenalty = try fields.number("presence_penalty", in: RequestLimits.penalty) ?? 0
        sampling.frequencyPenalty = try fields.number("frequency_penalty", in: RequestLimits.penalty) ?? 0
        let repetition = try fields.number("repetition_penalty", in: RequestLimits.repetitionPenalty)
        sampling.repetitionPenalty = repetition ?? 1
    }

    private mutating func readSeed() throws(DialectError) {
        guard let seed = try fields.integer("seed", in: Int64.min...Int64.max) else { return }
        sampling.seed = UInt64(bitPattern: seed)
        needsSeed = false
    }

    private mutating func readBias() throws(DialectError) {
        guard let entries = try fields.members("logit_bias") else { return }
        guard entries.count <= RequestLimits.biasCount else {
            throw .invalid(
                fields.name("logit_bias"),
                "has \(entries.count) entries, at most \(RequestLimits.biasCount) are allowed"
            )
        }
        let inside = try RequestFields(.object(entries), at: fields.name("logit_bias"))
        for key in entries.keys {
            guard key.utf8.count <= RequestLimits.biasKeyBytes, let token = TokenID(key) else {
                throw .invalid(fields.name("logit_bias"), "has the key \(key.quoted), keys must be token ids")
            }
            guard let bias = try inside.number(key, in: RequestLimits.bias) else { continue }
            sampling.bias.append(TokenBias(token: token, bias: bias))
        }
        sampling.bias.sort { $0.token < $1.token }
        // "7" and "07" are the same token.
        for (left, right) in zip(sampling.bias, sampling.bias.dropFirst()) where left.token == right.token {
            throw .invalid(fields.name("logit_bias"), "names token \(left.token) twice")
        }
    }

    private mutating func readStop(_ key: String, atMost limit: Int) throws(DialectError) {
        guard let value = fields[key] else { return }
        if let text = value.stringValue {
            limits.stop = [try stop(text, at: fields.name(key))]
            return
        }
        guard let elements = try fields.elements(key, atMost: limit) else { return }
        for (index, element) in elements.enumerated() {
            let place = "\(fields.name(key))[\(index)]"
            guard let text = element.stringValue else {
                throw .invalid(place, "must be a string, it is \(element.kindName)")
            }
            limits.stop.append(try stop(text, at: place))
        }
    }

    private func stop(_ text: String, at place: String) throws(DialectError) -> String {
        guard !text.isEmpty else { throw .invalid(place, "is empty, a stop text must have a character") }
        guard text.utf8.count <= RequestLimits.stopBytes else {
            throw .invalid(
                place,
                "has \(text.utf8.count) bytes, at most \(RequestLimits.stopBytes) are allowed"
            )
        }
        return text
    }

    private mutating func readStopTokens() throws(DialectError) {
        let key = "stop_token_ids"
        guard let elements = try fields.elements(key, atMost: RequestLimits.stopTokenCount) else { return }
        limits.stopTokens = try elements.tokenIDs(at: fields.name(key))
    }

    private func timeout(_ headers: RequestHeaders) throws(DialectError) -> UInt32? {
        let name = "x-millrace-timeout-ms"
        guard let value = headers[name] else { return nil }
        let range = RequestLimits.timeoutMilliseconds
        guard let milliseconds = Int64(value), range.contains(milliseconds) else {
            throw .invalid(
                "header \(name)",
                "is \(value.quoted), it must be between \(range.lowerBound) and \(range.upperBound)"
            )
        }
        return UInt32(clamping: milliseconds)
    }
}

extension [JSONValue] {
    /// Every element as a token id.
    func tokenIDs(at place: String) throws(DialectError) -> [TokenID] {
        var ids: [TokenID] = []
        ids.reserveCapacity(count)
        for (index, element) in enumerated() {
            guard let integer = element.integerValue, let id = TokenID(exactly: integer) else {
                throw .invalid("\(place)[\(index)]", "must be a token id between 0 and \(TokenID.max)")
            }
            ids.append(id)
        }
        return ids
    }
}
