internal import Constraints
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
    /// What the template can show; read when a conversation is put into a form for it.
    private let capabilities: TemplateCapabilities?
    /// How the model is told of tools where the template does not.
    private let toolText: ToolText
    public let created: UInt64
    /// Nil for a model that writes.
    let reading: TextReading?
    /// What its maker recommends for what a request leaves open.
    let sampling: SamplingDefaults
    /// How thinking and calls are read; nil shows chats as they are.
    let output: ModelOutput?
    private let constraints: ConstraintBook

    /// `output` is how the model's family marks what it thinks and calls, where that is not to be told by its
    /// template.
    public init(path: String, name: String, output: OutputChoice = .detected) throws {
        self.name = name
        source = try ModelSource(path: path)
        tokenizer = try Tokenizer(source.tokenizer)
        template = try source.chatTemplateSource.map { text throws(TemplateError) in
            try ChatTemplate(text)
        }
        let variables = TemplateVariables.complete([:], for: source)
        capabilities = template.map { TemplateCapabilities(of: $0, variables: variables) }
        created = UInt64(max(0, time(nil)))
        reading = try TextReading(source)
        sampling = SamplingDefaults(generationConfig: source.generationConfigJSON)
        let tokenizer = tokenizer
        let text = source.chatTemplateSource
        let known = output.format(template: text ?? "") { tokenizer.id(of: $0) != nil }
        let format = capabilities?.showsTools == false ? known?.withSpokenCalls : known
        let call = (format ?? .generic).spokenCall ?? ("", "")
        toolText = ToolText(open: call.open, close: call.close)
        self.output = format.map { ModelOutput($0, tokenizer) }
        constraints = ConstraintBook(tokenizer, signs: self.output?.signs ?? [:])
    }

    /// Turns generated ids into the text that is shown.
    func decoder(showsSpecialTokens: Bool = false) -> any TextDecoding {
        tokenizer.streamDecoder(skipSpecialTokens: !showsSpecialTokens)
    }

    /// What the engine needs of a job, or the sentence that the client is told.
    func prepare(_ job: Job) throws(Failure) -> PreparedPrompt {
        var prompt = try preparePrompt(of: job)
        if let outline = prompt.outline { prompt.constraint = try constraints.constraint(for: outline) }
        return prompt
    }

    private func preparePrompt(of job: Job) throws(Failure) -> PreparedPrompt {
        guard case .chat(let context) = job.prompt else {
            let ids = kept(try tokens(of: job.prompt), of: job)
            var prompt = PreparedPrompt(ids: ids, echo: try echo(of: job, ids))
            prompt.outline = try plainOutline(of: job)
            return prompt
        }
        let variables = try variables(in: context)
        let text = try render(variables)
        let whole = tokenizer.encode(text, addSpecialTokens: false)
        var prompt = PreparedPrompt(ids: kept(whole, of: job))
        prompt.cutBytes = whole.dropLast(prompt.ids.count).reduce(0) { $0 + tokenizer.byteCount(of: $1) }
        prompt.map = PromptMap(variables, in: text)
        guard let rules = job.reading, let output else {
            prompt.echo = try echo(of: job, prompt.ids)
            prompt.outline = try plainOutline(of: job)
            return prompt
        }
        let tools = rules.callable(of: variables["tools"]?.arrayValue ?? [])
        let parser = output.parser(of: job, rules, tools: tools, prompt: prompt.ids)
        prompt.reading = output.reading(rules, parser)
        prompt.endTokens = output.endTokens
        if var demand = output.demand(of: job, rules, tools: tools) {
            demand.thinking = Self.thinking(before: demand.text, variables, rules)
            if demand.thinking == .byToken { prompt.ownChoice = output.opening }
            if demand.thinking == .byToken, output.opening == nil { demand.thinking = .never }
            prompt.outline = output.outline(of: demand, behind: parser)
        }
        return prompt
    }

    /// Whether a thought may come in front of an answer.
    ///
    /// In front of one that has to have a shape only where the request asks for it, or where the model would
    /// begin one by itself: a mask that leaves a model the choice between the shape and a thought would have
    /// one think that has never learnt to.
    private static func thinking(
        before text: AnswerDemand.Text,
        _ variables: JSONObject,
        _ rules: OutputRules
    ) -> AnswerDemand.Thinking {
        guard rules.thinkingBudget != 0 else { return .never }
        let effort = variables["reasoning_effort"]?.stringValue
        if text == .free || rules.thinkingBudget != nil || variables["enable_thinking"] == true
            || effort.map({ $0 != "none" }) ?? false
        {
            return .always
        }
        return effort == "none" || variables["enable_thinking"] == false ? .never : .byToken
    }

    /// What an answer has to be that is shown as it is generated.
    private func plainOutline(of job: Job) throws(Failure) -> OutlineRules? {
        guard job.reading.map({ !$0.requiresCall && $0.strictTools.isEmpty }) ?? true else {
            throw Failure(
                .unsupported,
                "the model \"\(name)\" is served without reading its calls, so none can be required of it"
            )
        }
        return job.constraint.map { OutlineRules([.like($0)]) }
    }

    /// The end of a prompt that is to be cut.
    private func kept(_ ids: [TokenID], of job: Job) -> [TokenID] {
        job.limits.promptTokens.map { Array(ids.suffix(Int($0))) } ?? ids
    }

    /// The tokens of a prompt, or the sentence that the client is told.
    func tokens(of prompt: Prompt) throws(Failure) -> [TokenID] {
        switch prompt {
        case .tokens(let ids): ids
        case .text(let text): tokenizer.encode(text, addSpecialTokens: true, parseSpecialTokens: false)
        case .chat(let context):
            tokenizer.encode(try render(try variables(in: context)), addSpecialTokens: false)
        case .pair(let first, let second):
            tokenizer.encode(first, pair: second, addSpecialTokens: true, parseSpecialTokens: false).ids
        }
    }

    /// Each word as it stands at the beginning of a text and, where that is another token, behind a space.
    func tokens(ofBadWords words: [String]) -> [[TokenID]] {
        var all: [[TokenID]] = []
        for word in words {
            let bare = tokenizer.encode(word, addSpecialTokens: false, parseSpecialTokens: false)
            let spaced = tokenizer.encode(" " + word, addSpecialTokens: false, parseSpecialTokens: false)
            all.append(bare)
            // A space that became a token of its own says nothing about the word.
            if spaced.count == bare.count, spaced != bare { all.append(spaced) }
        }
        return all
    }

    private func variables(in context: String) throws(Failure) -> JSONObject {
        guard let variables = (try? JSONValue(parsing: context))?.objectValue else {
            throw Failure(.invalidRequest, "the chat context is not a JSON object")
        }
        return variables
    }

    /// The chat template's text for the variables of a request.
    func render(_ context: String) throws(Failure) -> String { try render(try variables(in: context)) }

    private func render(_ given: JSONObject) throws(Failure) -> String {
        guard let template, let capabilities else {
            throw Failure(.invalidRequest, "the model \"\(name)\" has no chat template; use /v1/completions")
        }
        var variables = given
        // The edge froze the time, so that a continuation elsewhere has the very same prompt.
        let now = variables["now"]?.stringValue
        variables["now"] = nil
        let continues = variables["continue_final_message"] == true
        variables["continue_final_message"] = nil
        let fitted = FittedConversation(variables, to: capabilities, toolText).variables
        let complete = TemplateVariables.complete(fitted, for: source)
        do throws(TemplateError) {
            return continues
                ? try template.renderContinuing(complete, now: now)
                : try template.render(complete, now: now)
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
