import JSON
import Load

/// What is asked for in a measurement of the edge.
enum EdgeCase: String, CaseIterable {
    case hello
    case completion
    case stream

    static let streamedTokenCount = 16

    var title: String {
        switch self {
        case .hello: "hello"
        case .completion: "completion of 1 token"
        case .stream: "stream of \(Self.streamedTokenCount) tokens"
        }
    }

    var request: LoadRequest {
        switch self {
        case .hello: LoadRequest(get: "/")
        case .completion: Self.completion(tokenCount: 1, streams: false)
        case .stream: Self.completion(tokenCount: Self.streamedTokenCount, streams: true)
        }
    }

    /// The prompt is token ids, because the scripted model knows fewer of them than the tokenizer.
    private static func completion(tokenCount: Int, streams: Bool) -> LoadRequest {
        let body: JSONValue = [
            "model": "demo", "prompt": [72, 101, 108, 108, 111], "max_tokens": .integer(Int64(tokenCount)),
            "temperature": 0, "stream": .bool(streams),
        ]
        return LoadRequest(post: "/v1/completions", json: body.description)
    }
}
