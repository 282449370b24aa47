internal import Contract
internal import JSON

/// How an answer about prompts is written.
enum TaskForm: Sendable {
    case count
    /// The same in OpenAI's words.
    case inputTokens
    case tokens
    case text(names: [String])
    case vectors(isBase64: Bool, dimensions: Int?)
    /// The best first; without documents they are not shown again.
    case ranking(documents: [String], topCount: Int)

    init(_ endpoint: TaskEndpoint) {
        switch endpoint {
        case .countTokens: self = .count
        case .tokenize: self = .tokens
        // One name is vLLM's, the other llama.cpp's.
        case .detokenize: self = .text(names: ["prompt", "content"])
        case .applyTemplate: self = .text(names: ["prompt"])
        case .embeddings: self = .vectors(isBase64: false, dimensions: nil)
        case .rerank, .bareRerank, .secondRerank: self = .ranking(documents: [], topCount: .max)
        }
    }
}

/// An answer about prompts being written: whole, once all of its jobs have ended.
struct TaskReply: ReplyWriter {
    private let form: TaskForm
    private let dialect: Dialect
    private let identity: ReplyIdentity
    private var tally: ReplyTally
    private var ids: [[TokenID]]
    private var texts: [String]

    init(_ form: TaskForm, _ dialect: Dialect, _ shape: ReplyShape, _ identity: ReplyIdentity) {
        self.form = form
        self.dialect = dialect
        self.identity = identity
        tally = ReplyTally(shape)
        ids = Array(repeating: [], count: shape.promptCount)
        texts = Array(repeating: "", count: shape.promptCount)
    }

    var state: ReplyState { tally.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        tally.count(record, choice: choice)
        ids[choice] += record.ids
        texts[choice] += record.text
    }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {}

    mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) { tally.fail(error) }

    func wholeAnswer() -> HttpAnswer {
        if case .failed(let error) = state {
            return dialect.answer(to: error, requestID: identity.requestID)
        }
        precondition(state == .complete, "an answer is whole when all its jobs have ended")
        do throws(DialectError) {
            let body = try body()
            return dialect.answer(200, JSONValue.object(body).serialized, requestID: identity.requestID)
        } catch {
            return dialect.answer(to: error, requestID: identity.requestID)
        }
    }

    private func body() throws(DialectError) -> JSONObject {
        let promptTokens = Int64(clamping: tally.usage.promptTokens)
        switch form {
        case .count: return ["input_tokens": .integer(promptTokens)]
        case .inputTokens:
            return ["object": "response.input_tokens", "input_tokens": .integer(promptTokens)]
        case .tokens:
            return [
                "count": .integer(promptTokens),
                "max_model_len": .integer(Int64(identity.contextTokens)),
                "tokens": .array(ids[0].map { .integer(Int64($0)) }),
            ]
        case .text(let names):
            var body = JSONObject()
            for name in names { body[name] = .string(texts[0]) }
            return body
        case .vectors(let isBase64, let dimensions):
            var data: [JSONValue] = []
            for (index, text) in texts.enumerated() {
                let vector = try Vector(text).cut(to: dimensions)
                data.append(
                    [
                        "object": "embedding", "index": .integer(Int64(index)),
                        "embedding": isBase64 ? .string(vector.base64) : vector.json,
                    ]
                )
            }
            return [
                "object": "list", "data": .array(data), "model": .string(identity.model),
                "usage": ["prompt_tokens": .integer(promptTokens), "total_tokens": .integer(promptTokens)],
            ]
        case .ranking(let documents, let topCount):
            return [
                "id": .string("rerank-\(identity.job)"), "model": .string(identity.model),
                "results": .array(try ranking(documents).prefix(topCount).map { $0 }),
                "usage": ["total_tokens": .integer(promptTokens), "prompt_tokens": .integer(promptTokens)],
            ]
        }
    }

    private func ranking(_ documents: [String]) throws(DialectError) -> [JSONValue] {
        var scores: [Float] = []
        for text in texts { scores.append(try Vector(text).numbers.first ?? 0) }
        return scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.map { index in
            var result: JSONObject = ["index": .integer(Int64(index))]
            if documents.indices.contains(index) { result["document"] = ["text": .string(documents[index])] }
            result["relevance_score"] = .number(Double("\(scores[index])") ?? Double(scores[index]))
            return .object(result)
        }
    }
}
