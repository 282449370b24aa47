import Configuration
import Contract
import Engine
import EventLoop
import JSON
import ModelFiles
import Tokenizer
import Transformer
import Worker

/// A prompt to its continuation, through the serving engine.
struct GenerateSubject: InspectSubject {
    private let inspected: InspectedModel
    private let draft: (any LanguageModel)?
    private let tokenizer: Tokenizer?
    private let options: InspectOptions

    init(_ options: InspectOptions) throws {
        self.options = options
        inspected = try InspectedModel(options)
        let (model, modelOptions) = (inspected.model, inspected.options)
        draft = try options.guessing.draftModelPath.map { path in
            try ModelSource(path: path).openDraft(for: model, modelOptions)
        }
        // Ids alone can be generated without one.
        tokenizer = try? Tokenizer(inspected.source.tokenizer)
    }

    func answer(_ requests: [Result<InspectRequest, InspectError>]) -> [Result<[UInt8], InspectError>] {
        var answers: [Result<[UInt8], InspectError>] = requests.map { _ in
            .failure(InspectError("not generated"))
        }
        var engine = makeEngine()
        for (index, request) in requests.enumerated() {
            do throws(InspectError) {
                engine.submit(try generation(index, try request.get()))
            } catch {
                answers[index] = .failure(error)
            }
        }
        var streams: [Int: (ids: [TokenID], text: String)] = [:]
        while engine.hasWork {
            let before = EventLoop.monotonicNow()
            let records = engine.step(at: before)
            engine.note(stepTook: EventLoop.monotonicNow() - before)
            for record in records {
                let index = Int(record.job.low)
                streams[index, default: ([], "")].ids += record.ids
                streams[index, default: ([], "")].text += record.text
                guard let end = record.end, let stream = streams[index] else { continue }
                answers[index] = answer(stream, end)
            }
        }
        return answers
    }

    private func makeEngine() -> Engine {
        var limits = EngineLimits()
        limits.sequences = max(1, options.batchSize)
        limits.chunkRows = options.chunkTokenCount
        limits.sharesPrefixes = options.sharesPrefixes
        limits.speculation = Speculation(options.guessing)
        return Engine(
            model: inspected.model,
            draft: draft,
            endTokens: Set(inspected.source.endTokenIDs),
            limits: limits
        )
    }

    private func generation(
        _ index: Int,
        _ request: InspectRequest
    ) throws(InspectError) -> GenerationRequest {
        let ids: [TokenID]
        if let given = try request.ids("ids") {
            ids = given
        } else if let prompt = try request.text("prompt") {
            guard let tokenizer else {
                throw InspectError("the model has no tokenizer for \"prompt\"; give \"ids\"")
            }
            ids = tokenizer.encode(prompt, addSpecialTokens: true)
        } else {
            throw InspectError("\"ids\" or \"prompt\" is missing")
        }
        try inspected.check(ids)
        var generation = GenerationRequest(
            job: JobID(high: 0, low: UInt64(index)),
            promptIDs: ids,
            decoder: tokenizer.map { $0.streamDecoder(skipSpecialTokens: true) as any TextDecoding }
                ?? ByteDecoder()
        )
        generation.sampling = try Sampling(request)
        generation.limits = try JobLimits(request)
        return generation
    }

    private func answer(
        _ stream: (ids: [TokenID], text: String),
        _ end: StreamEnd
    ) -> Result<[UInt8], InspectError> {
        let reason: String
        switch end {
        case .stop: reason = "stop"
        case .length: reason = "length"
        case .cancelled: reason = "cancelled"
        case .failed(let failure): return .failure(InspectError(failure.detail))
        }
        let line: JSONObject = [
            "ids": .ids(stream.ids), "text": .string(stream.text), "finish_reason": .string(reason),
        ]
        return .success(JSONValue.object(line).serialized)
    }
}

extension Sampling {
    /// The sampling members of an input line, in the names of the HTTP API.
    init(_ request: InspectRequest, temperature: Double = 0) throws(InspectError) {
        self.init()
        self.temperature = Float(try request.number("temperature", default: temperature))
        topP = Float(try request.number("top_p", default: 1))
        minP = Float(try request.number("min_p", default: 0))
        typicalP = Float(try request.number("typical_p", default: 1))
        topK = UInt32(try request.integer("top_k", in: 0...Int64(UInt32.max)) ?? 0)
        repetitionPenalty = Float(try request.number("repetition_penalty", default: 1))
        presencePenalty = Float(try request.number("presence_penalty", default: 0))
        frequencyPenalty = Float(try request.number("frequency_penalty", default: 0))
        seed = UInt64(bitPattern: try request.integer("seed", in: .min ... .max) ?? 0)
        choice = UInt32(try request.integer("choice", in: 0...Int64(UInt32.max)) ?? 0)
        allowedTokens = try request.ids("allowed_token_ids") ?? []
        bias = try request.biases("logit_bias")
        guard self.temperature >= 0, self.temperature.isFinite else {
            throw InspectError("\"temperature\" must be 0 or more")
        }
    }
}

extension JobLimits {
    init(_ request: InspectRequest) throws(InspectError) {
        self.init()
        maxTokens = UInt32(try request.integer("max_tokens", in: 0...1_000_000) ?? 32)
        stop = try request.texts("stop")
        stopTokens = try request.ids("stop_token_ids") ?? []
        minTokens = UInt32(try request.integer("min_tokens", in: 0...1_000_000) ?? 0)
        ignoresEnd = try request.flag("ignore_eos", default: false)
    }
}
