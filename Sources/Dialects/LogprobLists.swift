internal import Contract
internal import JSON

/// How likely the tokens of one choice were, in the form of either of OpenAI's text APIs.
///
/// A chat has one list of objects, a completion four lists side by side. Grows with the tokens; taking what
/// has been written begins the next stretch, so that a stream and a whole reply say the same.
struct LogprobLists: Sendable {
    enum Form: Sendable {
        case chat
        case completion
    }

    private let form: Form
    /// Tokens to tell beside each at most.
    private let topCount: Int
    /// Of a chat.
    private var content: [UInt8] = []
    /// Of a completion.
    private var tokens: [UInt8] = []
    private var values: [UInt8] = []
    private var tops: [UInt8] = []
    private var offsets: [UInt8] = []

    init(_ form: Form, topCount: Int = .max) {
        self.form = form
        self.topCount = topCount
    }

    var isEmpty: Bool { content.isEmpty && tokens.isEmpty }

    mutating func append(_ logprobs: some Sequence<TokenLogprob>) {
        for logprob in logprobs { append(logprob, isKnown: true) }
    }

    mutating func append(_ record: TokenRecord) {
        for (place, logprob) in record.logprobs.enumerated() {
            append(logprob, isKnown: place > 0 || !record.beginsPrompt)
        }
    }

    private mutating func append(_ logprob: TokenLogprob, isKnown: Bool) {
        switch form {
        case .chat: appendObject(logprob)
        case .completion: appendRow(logprob, isKnown: isKnown)
        }
    }

    /// Appends what was gathered since the last time.
    mutating func take(into bytes: inout [UInt8]) {
        switch form {
        case .chat:
            bytes += #"{"content":["#.utf8
            bytes += content
            bytes += #"],"refusal":null}"#.utf8
        case .completion:
            let lists: [(String, [UInt8])] = [
                (#"{"tokens":["#, tokens), (#"],"token_logprobs":["#, values), (#"],"top_logprobs":["#, tops),
                (#"],"text_offset":["#, offsets),
            ]
            for (name, list) in lists {
                bytes += name.utf8
                bytes += list
            }
            bytes += "]}".utf8
        }
        content = []
        (tokens, values, tops, offsets) = ([], [], [], [])
    }

    /// What was gathered since the last time of a chat, without its brackets.
    mutating func takeObjects() -> [UInt8] {
        defer { content = [] }
        return content
    }

    private mutating func appendObject(_ logprob: TokenLogprob) {
        Self.separate(&content)
        Self.append(logprob.token, to: &content)
        content += #","top_logprobs":["#.utf8
        for (index, token) in logprob.top.enumerated() {
            if index > 0 { content.append(UInt8(ascii: ",")) }
            Self.append(token, to: &content)
            content.append(UInt8(ascii: "}"))
        }
        content += "]}".utf8
    }

    /// Leaves the object open.
    private static func append(_ token: LikelyToken, to bytes: inout [UInt8]) {
        bytes += #"{"token":"#.utf8
        JSONWriter.append(quoting: token.text, to: &bytes)
        bytes += #","logprob":"#.utf8
        JSONWriter.append(token.logprob, to: &bytes)
        bytes += #","bytes":["#.utf8
        bytes += token.bytes.map { String($0) }.joined(separator: ",").utf8
        bytes += "]".utf8
    }

    /// Nobody can know the first token of a prompt: null stands there.
    private mutating func appendRow(_ logprob: TokenLogprob, isKnown: Bool) {
        for list in [\Self.tokens, \.values, \.tops, \.offsets] { Self.separate(&self[keyPath: list]) }
        JSONWriter.append(quoting: logprob.token.text, to: &tokens)
        offsets += String(logprob.offset).utf8
        guard isKnown else {
            values += "null".utf8
            tops += "null".utf8
            return
        }
        JSONWriter.append(logprob.token.logprob, to: &values)
        // The token that was picked is among them, as OpenAI has it; one text can be that of two tokens.
        var top = JSONObject()
        for token in logprob.top.prefix(topCount) + [logprob.token] where top[token.text] == nil {
            top[token.text] = .number(Double("\(token.logprob)") ?? Double(token.logprob))
        }
        JSONWriter.append(.object(top), to: &tops)
    }

    private static func separate(_ list: inout [UInt8]) {
        if !list.isEmpty { list.append(UInt8(ascii: ",")) }
    }
}

extension LikelyToken {
    /// What is not a whole character is shown as a replacement for one; `bytes` say what it is.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension TokenRecord {
    /// Whether its first id is the first of the prompt.
    var beginsPrompt: Bool { isPrompt && position == 0 }
}
