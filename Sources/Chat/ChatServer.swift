internal import HttpClient
internal import JSON

/// Why a question got no answer; `description` is for the person who asked.
enum ChatError: Error, Hashable, CustomStringConvertible {
    case unreachable(url: String)
    case refused(status: Int, message: String)
    case broken(String)
    case noModels(url: String)

    var description: String {
        switch self {
        case .unreachable(let url): "no server at \(url); start one with: millrace serve"
        case .refused(let status, let message): "the server answered \(status): \(message)"
        case .broken(let reason): "the answer broke off: \(reason)"
        case .noModels(let url): "the server at \(url) has no model"
        }
    }
}

/// The OpenAI side of a running server, as far as a conversation needs it.
struct ChatServer {
    /// What arrives while a question is being answered.
    enum Event: Hashable {
        case text(String)
        /// What the server says while nothing else comes: a place in the queue.
        case status(String)
        /// Why the answer ended: `stop`, `length` or another word of the API.
        case finished(String)
    }

    /// How an answer ended.
    enum Ending: Hashable {
        case complete
        case stopped
    }

    /// How much of an error's body is read.
    static let maximumErrorBytes = 64 << 10

    /// Without a path and without a slash at its end.
    let url: String

    /// Takes the address as it is given to an OpenAI client too: with `/v1` behind it.
    init(url: String) {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        if url.hasSuffix("/v1") { url.removeLast(3) }
        self.url = url
    }

    /// The name of the first model.
    func firstModel() throws(ChatError) -> String {
        var body: [UInt8] = []
        let status = try perform("/v1/models", nil, { false }) { _, bytes in
            body += bytes.prefix(JSONLimits.request.bytes - body.count)
            return true
        }
        guard status == 200 else { throw refusal(status, body) }
        let models = (try? JSONValue(parsing: body))?["data"]?.arrayValue
        guard let name = models?.first?["id"]?.stringValue else { throw .noModels(url: url) }
        return name
    }

    /// Asks and hands over the answer as it comes.
    func stream(
        _ request: JSONValue,
        isStopped: @escaping () -> Bool,
        receive: @escaping (Event) -> Void
    ) throws(ChatError) -> Ending {
        var reader = AnswerReader()
        var errorBody: [UInt8] = []
        let status: Int
        do {
            status = try perform("/v1/chat/completions", request.serialized, isStopped) { head, bytes in
                if head.status == 200 {
                    for event in reader.read(bytes) { receive(event) }
                } else {
                    errorBody += bytes.prefix(Self.maximumErrorBytes - errorBody.count)
                }
                return true
            }
        } catch .broken(_) where isStopped() {
            return .stopped
        }
        guard status == 200 else { throw refusal(status, errorBody) }
        if let failure = reader.failure { throw .broken(failure) }
        guard reader.isDone else { throw .broken("the connection ended early") }
        return .complete
    }

    private func perform(
        _ path: String,
        _ body: [UInt8]?,
        _ isStopped: @escaping () -> Bool,
        _ receive: @escaping Transfer.Receiver
    ) throws(ChatError) -> Int {
        var request = Transfer.Request(url + path)
        request.body = body
        do throws(TransferError) {
            return try Transfer.perform(request, isStopped: isStopped, receive: receive).status
        } catch {
            switch error {
            case .unreachable: throw .unreachable(url: url)
            case .stopped, .declined: throw .broken("stopped")
            case .broken(let reason), .failed(let reason): throw .broken(reason)
            }
        }
    }

    private func refusal(_ status: Int, _ body: [UInt8]) -> ChatError {
        let message = (try? JSONValue(parsing: body))?["error"]?["message"]?.stringValue
        return .refused(status: status, message: message ?? String(decoding: body.prefix(200), as: UTF8.self))
    }
}

/// Turns the bytes of a streamed chat completion into what a person is shown.
struct AnswerReader {
    /// The stream ended as it should.
    private(set) var isDone = false
    /// Why it cannot be read on; nothing after it counts.
    private(set) var failure: String?
    private var parser = EventStreamParser()

    mutating func read(_ bytes: some Sequence<UInt8>) -> [ChatServer.Event] {
        guard failure == nil else { return [] }
        do throws(EventTooLong) {
            return try parser.push(bytes).flatMap { read($0) }
        } catch {
            failure = "an event has more than \(EventTooLong.maximumBytes) bytes"
            return []
        }
    }

    private mutating func read(_ item: StreamItem) -> [ChatServer.Event] {
        switch item {
        case .comment(let text): return text.isEmpty ? [] : [.status(text)]
        case .event(_, "[DONE]"):
            isDone = true
            return []
        case .event(_, let data):
            guard let chunk = try? JSONValue(parsing: data) else {
                failure = "an event is not valid JSON"
                return []
            }
            if let error = chunk["error"], !error.isNull {
                failure = error["message"]?.stringValue ?? error.description
                return []
            }
            let choice = chunk["choices"]?.arrayValue?.first
            var events: [ChatServer.Event] = []
            if let thought = choice?["delta"]?["reasoning_content"]?.stringValue, !thought.isEmpty {
                events.append(.status("thinking"))
            }
            if let text = choice?["delta"]?["content"]?.stringValue, !text.isEmpty {
                events.append(.text(text))
            }
            if let reason = choice?["finish_reason"]?.stringValue { events.append(.finished(reason)) }
            return events
        }
    }
}
