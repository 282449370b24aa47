public import Contract
internal import JSON

/// All that there is to say of a response so far: the reply as an object, and every event of its stream.
///
/// The same for one that is being made and for one that comes out of a store, so that a client which reads a
/// stream a second time is told the very same events.
public struct ResponseTranscript: Sendable {
    public let id: ResponseID
    /// Members of the reply that never change.
    let base: JSONObject
    let input: [JSONObject]
    var items: [ResponseItem] = []
    var wasQueued = false
    var hasStarted = false
    /// Nil until it has ended.
    private(set) var result: ResponseResult?

    init(id: ResponseID, base: JSONObject, input: [JSONObject], result: ResponseResult? = nil) {
        self.id = id
        self.base = base
        self.input = input
        if let result {
            self.result = result
            items = result.items
            wasQueued = result.wasQueued
            hasStarted = result.hasStarted
        }
    }

    /// Whether it goes on without its client.
    public var isBackground: Bool { base["background"] == true }
    public var hasEnded: Bool { result != nil }
    public var hasFailed: Bool { result?.status == .failed }

    mutating func end(_ result: ResponseResult) {
        var result = result
        result.items = items
        result.wasQueued = wasQueued
        result.hasStarted = hasStarted
        self.result = result
    }

    // MARK: The reply

    /// The reply as it is now.
    var object: JSONObject {
        guard let result else { return object(status: hasStarted ? "in_progress" : waiting) }
        var object = object(status: result.status.rawValue)
        object["error"] = result.error
        if result.incompleteReason != .null {
            object["incomplete_details"] = ["reason": result.incompleteReason]
        }
        object["output"] = .array(items.map { .object($0.object(isOpen: false)) })
        object["usage"] = result.usage
        if result.status == .completed { object["completed_at"] = .integer(Int64(clamping: result.ended)) }
        if !result.isStored { object["store"] = false }
        return object
    }

    /// One without output.
    func object(status: String) -> JSONObject {
        var object = base
        object["status"] = .string(status)
        object["error"] = .null
        object["incomplete_details"] = .null
        object["output"] = []
        object["usage"] = .null
        return object
    }

    /// The status before anything was made.
    var waiting: String { isBackground || wasQueued ? "queued" : "in_progress" }

    /// Whether whoever made it has gone.
    public var isLost: Bool { result?.isLost ?? false }
    public var lossDetail: String { ResponseResult.lossDetail }

    // MARK: The stream

    /// The number of the last event that there is.
    public var lastPosition: Int {
        var none: [UInt8] = []
        return appendEvents(after: nil, limit: .max, into: &none).position ?? -1
    }

    /// Appends the events after the one numbered `position`, all or until `bytes` has `limit` bytes; returns
    /// the number of the last one that is told, and whether that is all for now.
    public func appendEvents(
        after position: Int?,
        limit: Int = .max,
        into bytes: inout [UInt8]
    ) -> (position: Int?, isAll: Bool) {
        var events = ResponseEvents(after: position, limit: limit)
        events.begin(self, into: &bytes)
        for (index, item) in items.enumerated() {
            events.open(item, at: index, into: &bytes)
            for (piece, cut) in zip(item.pieces, item.cuts) {
                events.append(piece, cut, of: item, at: index, into: &bytes)
            }
            if item.status != .inProgress { events.close(item, at: index, into: &bytes) }
        }
        if result != nil { events.end(self, into: &bytes) }
        return (events.told, events.isAll)
    }

    /// Something to keep a silent stream open, with the place in the queue where it is known.
    public static func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        KeepAlive.appendComment(place, to: &bytes)
    }

    /// The last event of a stream that has no response to tell of any more.
    public static func appendError(_ error: DialectError, after position: Int?, into bytes: inout [UInt8]) {
        let event: JSONObject = [
            "type": "error", "sequence_number": .integer(Int64((position ?? -1) + 1)),
            "code": .string(error.code.rawValue), "message": .string(error.detail),
            "param": error.field.map { .string($0) } ?? .null,
        ]
        bytes += "event: error\ndata: ".utf8
        JSONWriter.append(.object(event), to: &bytes)
        bytes += "\n\n".utf8
    }

    // MARK: In a store

    /// What was asked, to be stored when it begins.
    public var storedRequest: [UInt8] {
        JSONValue.object(["response": .object(base), "input": .array(input.map { .object($0) })]).serialized
    }

    /// What came of it; nil while it is running.
    public var storedResult: [UInt8]? { result?.stored.serialized }
}
