internal import Contract
internal import JSON

/// The sampling, limit and output fields, which the endpoints of both APIs share.
///
/// Each API's own fields have its own ranges; what other servers add to them is read in both.
struct SamplingFields {
    /// What the request says about parameters that a model's maker may recommend.
    private(set) var asked = SamplingDefaults()
    var sampling = Sampling()
    var limits = JobLimits()
    var output = JobOutput()
    var needsSeed = true

    private let fields: RequestFields

    /// The first of `keys` that is there says how long the text may be.
    static func openAI(
        _ fields: RequestFields,
        _ headers: RequestHeaders,
        maxTokens keys: [String] = ["max_completion_tokens", "max_tokens", "n_predict"],
        in range: ClosedRange<Int64> = RequestLimits.maxTokens
    ) throws(DialectError) -> SamplingFields {
        var read = SamplingFields(fields: fields)
        try read.readStop("stop", atMost: RequestLimits.openAIStopCount)
        for key in keys.reversed() {
            // llama.cpp says "no limit" so.
            if key == "n_predict", fields[key]?.integerValue == -1 { continue }
            let maxTokens = try fields.integer(key, in: range)
            if let maxTokens { read.limits.maxTokens = UInt32(clamping: maxTokens) }
        }
        try read.readCommon(temperature: RequestLimits.openAITemperature, headers)
        return read
    }

    static func anthropic(
        _ fields: RequestFields,
        _ headers: RequestHeaders,
        maxTokens key: String = "max_tokens"
    ) throws(DialectError) -> SamplingFields {
        var read = SamplingFields(fields: fields)
        try read.readStop("stop_sequences", atMost: RequestLimits.anthropicStopCount)
        let maxTokens = try fields.integer(key, in: RequestLimits.maxTokens)
        read.limits.maxTokens = UInt32(clamping: try fields.required(key, maxTokens))
        try read.readCommon(temperature: RequestLimits.anthropicTemperature, headers)
        return read
    }

    /// For what nothing is picked for.
    static func nothing(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> SamplingFields {
        var read = SamplingFields(fields: fields)
        read.limits.timeoutMilliseconds = try read.timeout(headers)
        return read
    }

    private init(fields: RequestFields) { self.fields = fields }

    private mutating func readCommon(
        temperature range: ClosedRange<Double>,
        _ headers: RequestHeaders
    ) throws(DialectError) {
        asked.temperature = try fields.number("temperature", in: range)
        asked.topP = try fields.number("top_p", in: RequestLimits.share)
        // -1 is how vLLM says "all".
        asked.topK = try fields.integer("top_k", in: RequestLimits.topK).map { UInt32(clamping: $0) }
        asked.minP = try fields.number("min_p", in: RequestLimits.share)
        // The second name is llama.cpp's.
        let other = try fields.number("repeat_penalty", in: RequestLimits.repetitionPenalty)
        asked.repetitionPenalty =
            try fields.number("repetition_penalty", in: RequestLimits.repetitionPenalty) ?? other
        asked.apply(to: &sampling)
        sampling.typicalP = try fields.number("typical_p", in: RequestLimits.share) ?? 1
        sampling.presencePenalty = try fields.number("presence_penalty", in: RequestLimits.penalty) ?? 0
        sampling.frequencyPenalty = try fields.number("frequency_penalty", in: RequestLimits.penalty) ?? 0
        try readBias()
        try readAllowed()
        try readBadWords()
        try readSeed()
        limits.stopTokens = try tokenIDs("stop_token_ids", atMost: RequestLimits.stopTokenCount) ?? []
        limits.ignoresEnd = try fields.flag("ignore_eos") ?? false
        try readMinTokens()
        let kept = try fields.integer("truncate_prompt_tokens", in: RequestLimits.maxTokens)
        limits.promptTokens = kept.map { UInt32(clamping: $0) }
        limits.timeoutMilliseconds = try timeout(headers)
        output.showsStop = try fields.flag("include_stop_str_in_output") ?? false
        output.showsSpecialTokens = !(try fields.flag("skip_special_tokens") ?? true)
    }

    private mutating func readMinTokens() throws(DialectError) {
        let least = try fields.integer("min_tokens", in: RequestLimits.minTokens) ?? 0
        limits.minTokens = UInt32(clamping: least)
        guard let most = limits.maxTokens, limits.minTokens > most else { return }
        throw .invalid(fields.name("min_tokens"), "is \(least), and max_tokens allows \(most)")
    }

    private mutating func readAllowed() throws(DialectError) {
        let key = "allowed_token_ids"
        guard let ids = try tokenIDs(key, atMost: RequestLimits.allowedTokenCount) else { return }
        guard !ids.isEmpty else { throw .invalid(fields.name(key), "is empty, it must allow a token") }
        sampling.allowedTokens = ids
    }

    private mutating func readBadWords() throws(DialectError) {
        let key = "bad_words"
        for (index, element) in (try fields.elements(key, atMost: RequestLimits.badWordCount) ?? [])
            .enumerated()
        {
            let place = "\(fields.name(key))[\(index)]"
            guard let text = element.stringValue else {
                throw .invalid(place, "must be a string, it is \(element.kindName)")
            }
            sampling.badWords.append(try word(text, at: place))
        }
    }

    /// How many likely tokens are to be told of a chat: `logprobs` is a switch, `top_logprobs` the number.
    mutating func readChatLogprobs() throws(DialectError) {
        let count = try fields.integer("top_logprobs", in: RequestLimits.logprobs)
        guard try fields.flag("logprobs") ?? false else {
            guard let count, count > 0 else { return }
            throw .invalid(fields.name("top_logprobs"), "is \(count), which needs logprobs to be true")
        }
        output.logprobs = UInt32(clamping: count ?? 0)
    }

    /// The same of a response, which may also be asked to `include` them.
    mutating func readResponseLogprobs(isIncluded: Bool) throws(DialectError) {
        let count = try fields.integer("top_logprobs", in: RequestLimits.logprobs) ?? 0
        if isIncluded || count > 0 { output.logprobs = UInt32(clamping: count) }
    }

    /// The same of a completion: `logprobs` is the number.
    mutating func readCompletionLogprobs() throws(DialectError) {
        guard fields["logprobs"] != false else { return }
        let count = try fields.integer("logprobs", in: RequestLimits.logprobs)
        output.logprobs = count.map { UInt32(clamping: $0) }
    }

    /// How many likely tokens are to be told beside each of the prompt's, in vLLM's words.
    func promptLogprobs(streams: Bool) throws(DialectError) -> UInt32? {
        let key = "prompt_logprobs"
        guard let count = try fields.integer(key, in: RequestLimits.logprobs) else { return nil }
        guard !streams else { throw .invalid(fields.name(key), "cannot be told in a stream") }
        return UInt32(clamping: count)
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
            limits.stop = [try word(text, at: fields.name(key))]
            return
        }
        guard let elements = try fields.elements(key, atMost: limit) else { return }
        for (index, element) in elements.enumerated() {
            let place = "\(fields.name(key))[\(index)]"
            guard let text = element.stringValue else {
                throw .invalid(place, "must be a string, it is \(element.kindName)")
            }
            limits.stop.append(try word(text, at: place))
        }
    }

    private func word(_ text: String, at place: String) throws(DialectError) -> String {
        guard !text.isEmpty else { throw .invalid(place, "is empty, it must have a character") }
        guard text.utf8.count <= RequestLimits.stopBytes else {
            throw .invalid(
                place,
                "has \(text.utf8.count) bytes, at most \(RequestLimits.stopBytes) are allowed"
            )
        }
        return text
    }

    private func tokenIDs(_ key: String, atMost limit: Int) throws(DialectError) -> [TokenID]? {
        try fields.elements(key, atMost: limit)?.tokenIDs(at: fields.name(key))
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
