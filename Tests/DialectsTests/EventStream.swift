import Dialects
import JSON
import Testing

/// What a client makes of streamed bytes: the events, and what they say.
struct EventStream {
    struct Event {
        var name: String?
        var data: String
    }

    private(set) var events: [Event] = []

    /// Reads as the standard says: lines, fields, an empty line ends an event, comments are nothing.
    init(_ bytes: [UInt8]) {
        var name: String?
        var data: String?
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let text = String(decoding: line, as: UTF8.self)
            if line.isEmpty {
                if let data { events.append(Event(name: name, data: data)) }
                (name, data) = (nil, nil)
            } else if text.hasPrefix("event: ") {
                name = String(text.dropFirst(7))
            } else if text.hasPrefix("data: ") {
                data = String(text.dropFirst(6))
            } else {
                #expect(text.hasPrefix(":"), "neither field nor comment: \(text)")
            }
        }
        #expect(name == nil && data == nil, "an event was not ended")
    }

    /// The text of every choice, put together from the deltas.
    func texts(_ endpoint: GenerationEndpoint, choices: Int) throws -> [String] {
        var texts = Array(repeating: "", count: choices)
        for event in events where event.data != "[DONE]" {
            let data = try JSONValue(parsing: event.data)
            if endpoint == .messages {
                texts[0] += data["delta"]?["text"]?.stringValue ?? ""
                continue
            }
            for choice in data["choices"]?.arrayValue ?? [] {
                let index = Int(try #require(choice["index"]?.integerValue))
                let text = endpoint == .completions ? choice["text"] : choice["delta"]?["content"]
                texts[index] += text?.stringValue ?? ""
            }
        }
        return texts
    }
}

extension HttpAnswer {
    /// The text of every choice of a whole reply.
    func texts(_ endpoint: GenerationEndpoint) throws -> [String] {
        let body = try JSONValue(parsing: body)
        if endpoint == .messages {
            return [(body["content"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }.joined()]
        }
        return (body["choices"]?.arrayValue ?? []).map {
            (endpoint == .completions ? $0["text"] : $0["message"]?["content"])?.stringValue ?? ""
        }
    }
}
