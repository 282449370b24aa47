/// Why a store cannot do what it was asked.
public enum ResponseStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place that was named can hold no file.
    case unreachable(path: String, reason: String)
    /// What lies there is broken, or the disk is full.
    case unusable(path: String, reason: String)
    case tooLarge(bytes: Int, limit: Int)
    /// Too much waits already.
    case overloaded
    case closed

    public var description: String {
        switch self {
        case .unreachable(let path, let reason): "cannot keep responses in \(path): \(reason)"
        case .unusable(let path, let reason): "the store of responses at \(path) fails: \(reason)"
        case .tooLarge(let bytes, let limit): "the response has \(bytes) bytes, the store takes \(limit)"
        case .overloaded: "too much waits for the store of responses"
        case .closed: "the store of responses is closed"
        }
    }
}
