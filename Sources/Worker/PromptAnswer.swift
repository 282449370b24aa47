internal import Contract
internal import Tokenizer

/// What a job comes to that asks about its prompt and wants nothing generated.
struct PromptAnswer: Sendable {
    /// Ids in one record; the wire takes twice as many.
    private static let idsPerRecord = 8192
    /// Bytes of the text, which goes in one record.
    private static let textBytes = 448 << 10

    var promptTokens = 0
    var ids: [TokenID] = []
    var text = ""

    /// The stream that says it, behind what an earlier attempt has said.
    func records(for submission: Submission) -> [TokenRecord] {
        let job = submission.job.id
        var records = [
            TokenRecord(
                job: job,
                attempt: submission.attempt,
                position: submission.next,
                opening: StreamOpening(promptTokens: UInt32(clamping: promptTokens))
            )
        ]
        var rest = ids.dropFirst(submission.committed.count)
        var position = submission.next
        while true {
            var record = TokenRecord(job: job, attempt: submission.attempt, position: position)
            record.ids = TokenRun(rest.prefix(Self.idsPerRecord))
            rest = rest.dropFirst(Self.idsPerRecord)
            position = record.nextPosition
            if rest.isEmpty {
                record.text = text
                record.end = .stop(sequence: nil)
            }
            records.append(record)
            if rest.isEmpty { return records }
        }
    }

    /// Refuses a text that no record can hold.
    static func checked(_ text: String) throws(Failure) -> String {
        guard text.utf8.count <= textBytes else {
            throw Failure(
                .tooLarge,
                "the text has \(text.utf8.count) bytes, at most \(textBytes) can be sent back"
            )
        }
        return text
    }
}

extension ServedModel {
    /// The prompt's text where the job wants it shown at once, else nothing.
    ///
    /// Where the prompt's tokens are told, its text comes with them.
    func echo(of job: Job, _ ids: [TokenID]) throws(Failure) -> String {
        guard job.output.echoesPrompt, job.output.promptLogprobs == nil else { return "" }
        if case .text(let text) = job.prompt { return try PromptAnswer.checked(text) }
        return try PromptAnswer.checked(
            tokenizer.decode(ids, skipSpecialTokens: !job.output.showsSpecialTokens)
        )
    }

    /// The answer to a task that needs the tokenizer and the template alone; nil for the others.
    func answer(to job: Job) throws(Failure) -> PromptAnswer? {
        switch job.task {
        case .generate, .embed, .score: return nil
        case .count: return PromptAnswer(promptTokens: try tokens(of: job.prompt).count)
        case .tokenize:
            let ids = try tokens(of: job.prompt)
            return PromptAnswer(promptTokens: ids.count, ids: ids)
        case .tokenizeBare:
            guard case .text(let text) = job.prompt else {
                throw Failure(.invalidRequest, "only a text has special tokens to leave out")
            }
            let ids = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            return PromptAnswer(promptTokens: ids.count, ids: ids)
        case .detokenize:
            let ids = try tokens(of: job.prompt)
            let size = tokenizer.vocabularySize
            if let index = ids.firstIndex(where: { Int($0) >= size }) {
                let token = "tokens[\(index)] is token \(ids[index])"
                throw Failure(.invalidRequest, "\(token); the vocabulary ends before \(size)")
            }
            let text = tokenizer.decode(ids, skipSpecialTokens: !job.output.showsSpecialTokens)
            return PromptAnswer(promptTokens: ids.count, text: try PromptAnswer.checked(text))
        case .render:
            guard case .chat(let context) = job.prompt else {
                throw Failure(.invalidRequest, "only messages can be rendered")
            }
            return PromptAnswer(text: try PromptAnswer.checked(try render(context)))
        }
    }
}
