internal import Dialects
internal import ResponseStore

extension ResponseOwner {
    /// Whoever shows the same key owns the same responses.
    init(of headers: RequestHeaders) {
        let bearer = headers["authorization"].flatMap { value in
            value.lowercased().hasPrefix("bearer ") ? String(value.dropFirst("bearer ".count)) : nil
        }
        self.init(key: bearer ?? headers["x-api-key"] ?? headers["api-key"])
    }
}
