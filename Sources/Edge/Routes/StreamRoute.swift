internal import Contract
internal import Dialects
internal import Http

/// Goes on with a stream that was begun here or at another edge, in the words in which it was begun.
struct StreamRoute: Route {
    var method: String { "GET" }
    var path: String { "/v1/streams/{id}" }

    func answer(_ context: RouteContext) {
        let dialect = Dialect(of: context.headers)
        let name = PercentEncoding.decoded(context.request.path.dropFirst("/v1/streams/".count))
        // A reply's own id ends with the stream's.
        guard let stream = JobID(String(name.suffix(32))) else {
            let detail = "\"\(name.prefix(64))\" is no stream: that has 32 hexadecimal digits"
            return context.refuse(DialectError(.notFound, detail), dialect)
        }
        let query = QueryItems(context.request.query ?? "").items.last { $0.name == "after" }?.value
        guard let text = query ?? context.headers["last-event-id"] else {
            return context.edge.streams.resume(stream, after: .start, context)
        }
        guard let place = EventPlace(text, in: stream) else {
            let detail = "\"\(text.prefix(64))\" is no event of the stream \(stream)"
            return context.refuse(DialectError(.invalidRequest, detail, field: "after"), dialect)
        }
        context.edge.streams.resume(stream, after: place, context)
    }
}
