internal import Contract
internal import Engine
internal import JSON
internal import ModelFiles
internal import Tokenizer
internal import Transformer

/// How a model that reads texts whole wants them: what for, how long at most, and with what around them.
///
/// Immutable.
struct TextReading: Sendable {
    enum Purpose: Sendable {
        /// A vector of a text's meaning.
        case embed
        /// How well the second of two texts answers the first.
        case score
    }

    let purpose: Purpose
    let tokenLimit: Int
    private let embedding: EmbeddingConfig

    /// Nil for a model that writes.
    ///
    /// A head for classes scores. What lies beside files of sentence-transformers, and what sees a whole text
    /// at once, makes vectors.
    init?(_ source: ModelSource) throws {
        guard let config = try? source.config else { return nil }
        let classes = (source.configJSON?["architectures"]?.arrayValue ?? []).contains {
            $0.stringValue?.hasSuffix("ForSequenceClassification") ?? false
        }
        let modules = source.holdsSentenceTransformer
        let pools = source.configJSON?["pooling_type"]?.integerValue.map { $0 > 0 } ?? false
        guard classes || modules || pools || !config.family.isCausal else { return nil }
        purpose = classes ? .score : .embed
        embedding = try EmbeddingConfig(
            directory: source.path,
            configJSON: source.configJSON,
            isCausal: config.family.isCausal
        )
        tokenLimit = min(embedding.maxTokenCount ?? .max, config.contextTokens)
    }

    /// The tokens of a job's prompt; a text that is too long is refused, unless the client wants it cut.
    func input(for job: Job, _ tokenizer: Tokenizer) throws(Failure) -> TextInput {
        let input = try whole(job, tokenizer)
        guard !input.ids.isEmpty else { throw Failure(.invalidRequest, "the text has no tokens") }
        if let wrong = input.ids.first(where: { Int($0) >= tokenizer.vocabularySize }) {
            throw Failure(.invalidRequest, "token \(wrong) is not in the model's vocabulary")
        }
        guard input.ids.count > tokenLimit else { return input }
        guard job.limits.promptTokens != nil, case .text = job.prompt else {
            throw Failure(
                .contextExceeded,
                "\(input.ids.count) tokens > \(tokenLimit) maximum; the model takes no more"
            )
        }
        return try embeddingInput(job.prompt, tokenizer, tokenLimit)
    }

    private func whole(_ job: Job, _ tokenizer: Tokenizer) throws(Failure) -> TextInput {
        switch (purpose, job.task, job.prompt) {
        case (.embed, .embed, .tokens(let ids)): return TextInput(ids: ids)
        case (.embed, .embed, .text): return try embeddingInput(job.prompt, tokenizer, .max)
        case (.score, .score, .pair(let first, let second)):
            let both = tokenizer.encode(
                first,
                pair: second,
                addSpecialTokens: true,
                parseSpecialTokens: false
            )
            return TextInput(ids: both.ids, types: both.typeIDs.map { UInt8(clamping: $0) })
        case (.embed, _, _): throw Failure(.unsupported, "the model makes vectors of texts, and nothing else")
        case (.score, _, _): throw Failure(.unsupported, "the model scores pairs of texts, and nothing else")
        }
    }

    private func embeddingInput(
        _ prompt: Prompt,
        _ tokenizer: Tokenizer,
        _ limit: Int
    ) throws(Failure) -> TextInput {
        guard case .text(let text) = prompt else { return TextInput(ids: []) }
        let reader = EmbeddingTokenizer(tokenizer: tokenizer, config: embedding, tokenLimit: limit)
        do {
            return try reader.input(text)
        } catch {
            throw Failure(.invalidRequest, "\(error)")
        }
    }
}
