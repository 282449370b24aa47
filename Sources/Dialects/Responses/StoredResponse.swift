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
    private let hasStarted: Bool

    public var isRunning: Bool { result == nil }

    /// How far a response without a result is.
    public enum Progress: Sendable {
        case waiting
        case started
        /// Whoever made it has gone.
        case lost
    }

    /// Nil for bytes that no response was written as.
    public init?(
        _ id: ResponseID,
        request: [UInt8],
        result: [UInt8]?,
        _ progress: Progress = .waiting
    ) {
        guard let request = try? JSONValue(parsing: request, limits: Self.limits),
            let base = request["response"]?.objectValue, let input = request["input"]?.arrayValue
        else { return nil }
        self.id = id
        self.base = base
        self.input = input.compactMap(\.objectValue)
        hasStarted = progress == .started
        guard let result else {
            self.result = progress == .lost ? ResponseResult.lost : nil
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
        var transcript = ResponseTranscript(id: id, base: base, input: input, result: result)
        if isRunning { transcript.hasStarted = hasStarted }
        // Said of every one that outlives its client, before anything else.
        if isRunning { transcript.wasQueued = transcript.isBackground }
        return transcript
    }
}
