public import Contract
internal import JSON

/// All that has to be known to write a stream's reply again at another edge: it travels with the job.
///
/// Of a reply with one choice. Whoever shows the key that its owner showed may have it.
public struct ReplyTicket: Sendable {
    /// The longest, in bytes.
    static let byteLimit = 4 << 10

    public let dialect: Dialect
    /// A digest of the key of the client that asked.
    public let owner: String
    /// Stands for the whole request, where another one with the same `Idempotency-Key` may come.
    public private(set) var request: String?
    private let shape: ReplyShape
    private let identity: ReplyIdentity

    public var stream: JobID { identity.job }
    public var requestID: String { identity.requestID }
    /// The model that was asked for.
    public var model: String { shape.model }

    /// Whether it is streamed.
    public var streams: Bool { shape.streams }
    /// Whether its events have ids, so that a client can go on behind any of them.
    public var isNumbered: Bool { shape.streams && request == nil }

    /// Of a stream that its client can go on with; nil for a plan that no other edge could go on with.
    public init?(_ plan: GenerationPlan, _ identity: ReplyIdentity, owner: String) {
        guard plan.streams else { return nil }
        self.init(plan, identity, owner: owner, request: nil)
    }

    /// Of a reply that is told from its beginning to whoever sends the same request with the same key.
    public init?(_ plan: GenerationPlan, _ identity: ReplyIdentity, owner: String, request: String) {
        // What is told of a prompt is no part of a ticket.
        guard !plan.shape.echoesPrompt, plan.shape.promptLogprobs == nil else { return nil }
        self.init(plan, identity, owner: owner, request: .some(request))
    }

    private init?(_ plan: GenerationPlan, _ identity: ReplyIdentity, owner: String, request: String?) {
        guard plan.jobs.count == 1, plan.generates, Self.word(of: plan.shape.kind) != nil else { return nil }
        dialect = plan.dialect
        shape = plan.shape
        self.identity = identity
        self.owner = owner
        self.request = request
        guard text.utf8.count <= Self.byteLimit else { return nil }
    }

    /// Reads what `text` writes; nil for anything else, which may come from an edge of another version.
    public init?(parsing text: String) {
        guard text.utf8.count <= Self.byteLimit, let value = try? JSONValue(parsing: text),
            let dialect = value["dialect"]?.stringValue.flatMap(Dialect.init(rawValue:)),
            let owner = value["owner"]?.stringValue,
            let shape = ReplyShape(ticket: value), let identity = ReplyIdentity(ticket: value)
        else { return nil }
        self.dialect = dialect
        self.owner = owner
        self.shape = shape
        self.identity = identity
        request = value["request_digest"]?.stringValue
    }

    public var text: String {
        var object: JSONObject = [
            "dialect": .string(dialect.rawValue), "owner": .string(owner),
            "kind": .string(Self.word(of: shape.kind) ?? ""), "asked": .string(shape.model),
            "usage": .bool(shape.includesUsage), "lane": .string(shape.lane.name),
            "logprobs": .bool(shape.tellsLogprobs), "top": .integer(Int64(shape.topLogprobs)),
            "echo": .bool(shape.echoesPrompt), "thinking": .string(shape.thinking.word),
            "functions": .bool(shape.saysFunctions), "job": .string(identity.job.description),
            "request": .string(identity.requestID), "created": .integer(Int64(clamping: identity.created)),
            "model": .string(identity.model), "context": .integer(Int64(identity.contextTokens)),
            "fingerprint": .string(identity.fingerprint),
        ]
        if let maxTokens = shape.maxTokens { object["max_tokens"] = .integer(Int64(maxTokens)) }
        if !shape.streams { object["streams"] = false }
        if let request { object["request_digest"] = .string(request) }
        return JSONValue.object(object).description
    }

    /// The reply from its beginning, for a client that has everything up to a place in it.
    public func writer(after place: EventPlace) -> any ReplyWriter {
        let reply: any ReplyWriter =
            switch shape.kind {
            case .completion: OpenAICompletionReply(shape, identity)
            case .message: AnthropicReply(shape, identity)
            case .legacy: LegacyReply(shape, identity)
            case .chat, .response, .task: OpenAIChatReply(shape, identity)
            }
        return isNumbered ? NumberedReply(reply, identity.job, after: place) : reply
    }

    fileprivate static func word(of kind: ReplyShape.Kind) -> String? {
        switch kind {
        case .chat: "chat"
        case .completion: "completion"
        case .message: "message"
        case .legacy: "legacy"
        case .response, .task: nil
        }
    }
}

extension ReplyShape {
    fileprivate init?(ticket value: JSONValue) {
        let kinds: [Kind] = [.chat, .completion, .message, .legacy]
        let word = value["kind"]?.stringValue
        guard let kind = kinds.first(where: { ReplyTicket.word(of: $0) == word }),
            let model = value["asked"]?.stringValue, let includesUsage = value["usage"]?.boolValue,
            let lane = value["lane"]?.stringValue.flatMap({ Lane(name: $0) }),
            let tellsLogprobs = value["logprobs"]?.boolValue,
            let thinking = value["thinking"]?.stringValue.flatMap({ ThinkingDisplay(word: $0) }),
            let saysFunctions = value["functions"]?.boolValue
        else { return nil }
        self.init(
            kind: kind,
            model: model,
            streams: value["streams"]?.boolValue ?? true,
            includesUsage: includesUsage,
            lane: lane,
            promptCount: 1,
            choicesPerPrompt: 1,
            maxTokens: value["max_tokens"]?.integerValue.flatMap { UInt32(exactly: $0) },
            tellsLogprobs: tellsLogprobs,
            thinking: thinking,
            saysFunctions: saysFunctions
        )
        topLogprobs = value["top"]?.integerValue.flatMap { Int(exactly: $0) } ?? 0
        echoesPrompt = value["echo"]?.boolValue ?? false
    }
}

extension ReplyIdentity {
    fileprivate init?(ticket value: JSONValue) {
        guard let job = value["job"]?.stringValue.flatMap({ JobID($0) }),
            let requestID = value["request"]?.stringValue, let model = value["model"]?.stringValue,
            let created = value["created"]?.integerValue.flatMap({ UInt64(exactly: $0) }),
            let context = value["context"]?.integerValue.flatMap({ UInt32(exactly: $0) }),
            let fingerprint = value["fingerprint"]?.stringValue
        else { return nil }
        self.init(
            job: job,
            requestID: requestID,
            created: created,
            model: model,
            fingerprint: fingerprint
        )
        contextTokens = context
    }
}

extension ThinkingDisplay {
    fileprivate var word: String {
        switch self {
        case .shown: "shown"
        case .signed: "signed"
        case .hidden: "hidden"
        }
    }

    fileprivate init?(word: String) {
        let all: [ThinkingDisplay] = [.shown, .signed, .hidden]
        guard let display = all.first(where: { $0.word == word }) else { return nil }
        self = display
    }
}
