internal import JSON

/// A response as it lies in a store: what was asked, and, once it has ended, what came of it.
///
/// Both parts are JSON text; a store does not look into them.
public struct StoredResponse: Sendable {
    public let id: ResponseID
    let base: JSONObject
    let input: [JSONObject]
    /// Nil while it is running.
    let result: ResponseResult?

    public var isRunning: Bool { result == nil }

    /// Nil for bytes that no response was written as.
    public init?(_ id: ResponseID, request: [UInt8], result: [UInt8]?) {
        guard let request = try? JSONValue(parsing: request, limits: Self.limits),
            let base = request["response"]?.objectValue, let input = request["input"]?.arrayValue
        else { return nil }
        self.id = id
        self.base = base
        self.input = input.compactMap(\.objectValue)
        guard let result else {
            self.result = nil
            return
        }
        guard let read = try? JSONValue(parsing: result, limits: Self.limits),
            let ended = ResponseResult(read, of: id)
        else { return nil }
        self.result = ended
    }

    /// Whatever was written can be read again.
    private static let limits = JSONLimits(depth: 128, bytes: 256 << 20)

    /// All items in order: what was said to the model, then what it said.
    var items: [JSONObject] { input + (result?.items ?? []).map { $0.object(isOpen: false) } }

    func item(_ id: String) -> JSONObject? { items.first { $0["id"]?.stringValue == id } }

    /// What is known of it.
    public var transcript: ResponseTranscript {
        ResponseTranscript(id: id, base: base, input: input, result: result)
    }
}
