public import Contract

/// A response as a store has it; what its two texts say is not the store's business.
public struct ResponseRow: Hashable, Sendable {
    public var id: JobID
    /// The response that it goes on from.
    public var previous: JobID?
    public var isBackground: Bool
    /// What was asked.
    public var request: [UInt8]
    /// What came of it; nil while it is running.
    public var result: [UInt8]?
    /// Something of it was made.
    public internal(set) var hasStarted = false
    /// The process that ran it has gone: nothing will come of it any more.
    public internal(set) var isLost = false

    public init(
        id: JobID,
        previous: JobID? = nil,
        isBackground: Bool = false,
        request: [UInt8],
        result: [UInt8]? = nil
    ) {
        self.id = id
        self.previous = previous
        self.isBackground = isBackground
        self.request = request
        self.result = result
    }

    var byteCount: Int { request.count + (result?.count ?? 0) }
}

/// Responses that were looked up for a request.
public struct ResponseLookup: Sendable {
    /// A conversation from its first response to the one that was named.
    public var conversation: [ResponseRow] = []
    /// Others, in the order in which they were named.
    public var named: [ResponseRow] = []
    /// The first that is not there, or not this owner's.
    public var missing: JobID?
    /// The conversation is longer than one request may use.
    public var isTooLong = false

    public init() {}
}
