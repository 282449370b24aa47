internal import Contract
internal import Engine
internal import EventLoop
public import JSON
public import ModelFiles
public import Output
public import Templates
public import Tokenizer
internal import Glibc

/// A model as a worker serves it: its name, and what turns a job's prompt into tokens.
///
/// Shared by the preparing thread and the loop; immutable.
public struct ServedModel: Sendable {
    public let name: String
    public let source: ModelSource
    public let tokenizer: Tokenizer
    /// Nil where the model brings none: then only plain prompts can be answered.
    public let template: ChatTemplate?
    public let created: UInt64
    /// How thinking and calls are read; nil shows chats as they are.
    let output: ModelOutput?

    /// `output` is how the model's family marks what it thinks and calls, where that is not to be told by its
    /// template.
    public init(path: String, name: String, output: OutputChoice = .detected) throws {
        self.name = name
        source = try ModelSource(path: path)
        tokenizer = try Tokenizer(source.tokenizer)
        template = try source.chatTemplateSource.map { text throws(TemplateError) in
            try ChatTemplate(text)
        }
        created = UInt64(max(0, time(nil)))
        let tokenizer = tokenizer
        let text = source.chatTemplateSource
        self.output = output.format(template: text ?? "") { tokenizer.id(of: $0) != nil }
            .map { ModelOutput($0, tokenizer) }
    }

    /// Turns generated ids into the text that is shown: special tokens are not.
    var decoder: any TextDecoding { tokenizer.streamDecoder(skipSpecialTokens: true) }

    /// What the engine needs of a job, or the sentence that the client is told.
    func prepare(_ job: Job) throws(Failure) -> PreparedPrompt {
        guard let rules = job.output, let output, case .chat(let context) = job.prompt else {
            return PreparedPrompt(ids: try tokens(of: job.prompt))
        }
        let variables = try variables(in: context)
        let ids = tokenizer.encode(try render(variables), addSpecialTokens: false)
        let tools = variables["tools"]?.arrayValue ?? []
        return PreparedPrompt(
            ids: ids,
            reading: output.reading(of: job, rules, tools: tools, prompt: ids),
            endTokens: output.endTokens
        )
    }

    /// The tokens of a prompt, or the sentence that the client is told.
    func tokens(of prompt: Prompt) throws(Failure) -> [TokenID] {
        switch prompt {
        case .tokens(let ids): ids
        case .text(let text): tokenizer.encode(text, addSpecialTokens: true, parseSpecialTokens: false)
        case .chat(let context):
            tokenizer.encode(try render(try variables(in: context)), addSpecialTokens: false)
        }
    }

    private func variables(in context: String) throws(Failure) -> JSONObject {
        guard let variables = (try? JSONValue(parsing: context))?.objectValue else {
            throw Failure(.invalidRequest, "the chat context is not a JSON object")
        }
        return variables
    }

    /// The chat template's text for the variables of a request.
    private func render(_ given: JSONObject) throws(Failure) -> String {
        guard let template else {
            throw Failure(.invalidRequest, "the model \"\(name)\" has no chat template; use /v1/completions")
        }
        var variables = given
        // The edge froze the time, so that a continuation elsewhere has the very same prompt.
        let now = variables["now"]?.stringValue
        variables["now"] = nil
        do throws(TemplateError) {
            return try template.render(TemplateVariables.complete(variables, for: source), now: now)
        } catch {
            throw Failure(
                .templateRaised,
                "the chat template of \"\(name)\" refused the messages: \(error.message)"
            )
        }
    }
}

/// The variables that every chat template may count on, as the original implementation gives them.
public enum TemplateVariables {
    /// Adds what the model's files say; what the caller gave wins.
    public static func complete(_ given: JSONObject, for source: ModelSource?) -> JSONObject {
        var variables: JSONObject = ["tools": nil, "documents": nil, "add_generation_prompt": false]
        if let token = source?.bosToken { variables["bos_token"] = .string(token) }
        if let token = source?.eosToken { variables["eos_token"] = .string(token) }
        for (key, value) in given { variables[key] = value }
        return variables
    }
}
