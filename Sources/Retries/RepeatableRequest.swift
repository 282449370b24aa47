/// What a request says about being asked more than once.
///
/// All digests hold whose request it is and where it was sent, so that nobody ever joins somebody else's.
public struct RepeatableRequest: Hashable, Sendable {
    /// Of the `Idempotency-Key`; nil for a request without one.
    public var key: RequestDigest?
    /// Of the body and of the headers that change how it is run.
    public var whole: RequestDigest
    /// Its client would ask again by itself after a failure.
    public var comesAgain = false
    /// Its client asks again already.
    public var isRetry = false
    /// It may be answered together with identical ones, if its answer is certain.
    public var wantsCompany = false

    public init(key: RequestDigest? = nil, whole: RequestDigest) {
        self.key = key
        self.whole = whole
    }

    /// Whether there is anything to remember of it.
    public var isWorthNoting: Bool { key != nil || comesAgain || wantsCompany }
}
