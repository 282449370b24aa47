import JSON

/// One thing that is measured in the engine.
enum EngineCase: Hashable {
    /// A prompt up to its first token.
    case prefill(tokenCount: Int)
    /// Streams that generate together.
    case decode(tokenCount: Int, streamCount: Int, depth: Int)

    struct Unreadable: Error, CustomStringConvertible {
        let description = #"a line is not {"prefill":N} or {"decode":N,"streams":N,"depth":N}"#
    }

    /// What `--lines` reads.
    init(_ line: String) throws(Unreadable) {
        guard let object = (try? JSONValue(parsing: line))?.objectValue else { throw Unreadable() }
        func number(_ key: String, in range: ClosedRange<Int64>) throws(Unreadable) -> Int? {
            guard let value = object[key] else { return nil }
            guard let number = value.integerValue, range.contains(number) else { throw Unreadable() }
            return Int(number)
        }
        if let count = try number("prefill", in: 1...1 << 20) {
            self = .prefill(tokenCount: count)
        } else if let count = try number("decode", in: 1...1 << 20) {
            let streamCount = try number("streams", in: 1...1024) ?? 1
            self = .decode(
                tokenCount: count,
                streamCount: streamCount,
                depth: try number("depth", in: 0...1 << 20) ?? 0
            )
        } else {
            throw Unreadable()
        }
    }

    /// All the tokens whose keys and values it keeps at the same time, with some to spare.
    var memoryTokenCount: Int {
        switch self {
        case .prefill(let tokenCount): tokenCount + 64
        case .decode(let tokenCount, let streamCount, let depth):
            streamCount * (depth + tokenCount + 64 + streamCount)
        }
    }

    var title: String {
        switch self {
        case .prefill(let tokenCount): "prefill of \(tokenCount) tokens"
        case .decode(_, let streamCount, let depth):
            "decode, \(streamCount) \(streamCount == 1 ? "stream" : "streams") at depth \(depth)"
        }
    }

    var json: JSONObject {
        switch self {
        case .prefill(let tokenCount): ["prefill": .integer(Int64(tokenCount))]
        case .decode(let tokenCount, let streamCount, let depth):
            [
                "decode": .integer(Int64(tokenCount)), "streams": .integer(Int64(streamCount)),
                "depth": .integer(Int64(depth)),
            ]
        }
    }
}
