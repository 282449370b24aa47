internal import Contract
internal import Dialects
internal import EventLoop
internal import Http
internal import ResponseStore

/// What can be asked about a response that is there.
enum ResponseRoutes {
    static var all: [any Route] {
        [
            ResponsesRoute(), ResponseTokensRoute(), ResponseRoute(), ResponseDeletionRoute(),
            ResponseCancellationRoute(), ResponseItemsRoute(),
        ]
    }

    static let one = "\(ResponsesRequest.path)/{id}"
}

/// A response as it is now, or the events of its stream.
struct ResponseRoute: Route {
    var method: String { "GET" }
    var path: String { ResponseRoutes.one }

    func answer(_ context: RouteContext) {
        context.find { found in
            do throws(DialectError) {
                try show(found, context)
            } catch {
                context.refuse(error, .openAI)
            }
        }
    }

    private func show(_ found: StoredResponse, _ context: RouteContext) throws(DialectError) {
        let query = QueryItems(context.request.query ?? "")
        let run = context.edge.responses.run(found.id)
        let transcript = found.isRunning ? run?.transcript ?? found.transcript : found.transcript
        guard try query.flag("stream") else {
            return context.responder.send(transcript.answer(requestID: context.requestID))
        }
        let position = try query.position("starting_after")
        let headers = context.streamHeaders
        if let run, found.isRunning {
            return run.follow(context.responder, after: position, headers: headers)
        }
        let edge = context.edge
        guard found.isRunning else {
            return stream(transcript, after: position, context)
        }
        _ = RemoteFollow(
            edge,
            transcript,
            ResponseOwner(of: context.headers),
            context.responder,
            after: position,
            headers: headers
        )
    }

    private func stream(
        _ transcript: ResponseTranscript,
        after position: Int?,
        _ context: RouteContext
    ) {
        let follower = ResponseFollower(
            context.responder,
            after: position,
            headers: context.streamHeaders,
            at: context.edge.loop.now
        ) { nil }
        // Its last events were told by a server that is gone, and nobody knows what they were.
        guard let position, transcript.lastPosition < position, transcript.isLost else {
            return follower.end(transcript)
        }
        follower.fail(DialectError(.streamLost, transcript.lossDetail))
    }
}

/// Removes a response; one that is running stops.
struct ResponseDeletionRoute: Route {
    var method: String { "DELETE" }
    var path: String { ResponseRoutes.one }

    func answer(_ context: RouteContext) {
        guard let id = context.responseID else { return }
        let responses = context.edge.responses
        let owner = ResponseOwner(of: context.headers)
        responses.ask {
            responses.store.remove(id.job, owner, $0)
        } then: { outcome in
            switch outcome {
            case .failure(let error): context.refuse(DialectError(error), .openAI)
            case .success(false): context.refuse(.noResponse("\(id)"), .openAI)
            case .success(true):
                responses.run(id)?.cancel()
                context.responder.send(ResponseTranscript.deletion(of: id, requestID: context.requestID))
            }
        }
    }
}

/// Stops a response that runs in the background; one that has ended stays as it is.
struct ResponseCancellationRoute: Route {
    /// How often another edge is given time to stop.
    private static let tries = 40
    private static let pause: Duration = .milliseconds(100)

    var method: String { "POST" }
    var path: String { "\(ResponseRoutes.one)/cancel" }

    func answer(_ context: RouteContext) {
        guard let id = context.responseID else { return }
        let responses = context.edge.responses
        let owner = ResponseOwner(of: context.headers)
        responses.ask { done in
            responses.store.cancel(id.job, owner) { done(StoredResponse.reading($0, id)) }
        } then: { outcome in
            context.found(outcome) { found in
                guard found.transcript.isBackground else {
                    let detail = "\(id) does not run in the background, so it cannot be cancelled"
                    return context.refuse(DialectError(.invalidRequest, detail), .openAI)
                }
                guard found.isRunning else { return send(found.transcript, context) }
                guard let run = responses.run(id) else { return wait(found, Self.tries, context) }
                run.whenConcluded { send(run.transcript, context) }
                run.cancel()
            }
        }
    }

    /// Looks until the edge that runs it has stopped.
    private func wait(_ found: StoredResponse, _ triesLeft: Int, _ context: RouteContext) {
        guard found.isRunning, triesLeft > 0 else { return send(found.transcript, context) }
        context.edge.loop.schedule(after: Self.pause) {
            context.find { wait($0, triesLeft - 1, context) }
        }
    }

    private func send(_ transcript: ResponseTranscript, _ context: RouteContext) {
        context.responder.send(transcript.answer(requestID: context.requestID))
    }
}

/// The items that a response was made from.
struct ResponseItemsRoute: Route {
    var method: String { "GET" }
    var path: String { "\(ResponseRoutes.one)/input_items" }

    func answer(_ context: RouteContext) {
        guard let id = context.responseID else { return }
        let responses = context.edge.responses
        let owner = ResponseOwner(of: context.headers)
        responses.look(upTo: id, owner) { outcome in
            do throws(DialectError) {
                let page = try ResponseItemPage(query: QueryItems(context.request.query ?? "").items)
                let conversation = try outcome.get().conversation
                context.responder.send(try page.answer(conversation, requestID: context.requestID))
            } catch {
                context.refuse(error, .openAI)
            }
        }
    }
}

extension RouteContext {
    /// The response in the path; nil where there can be none of that name, which is told.
    var responseID: ResponseID? {
        let stem = ResponsesRequest.path.split(separator: "/").count
        let parts = request.path.split(separator: "/")
        let text = parts.indices.contains(stem) ? PercentEncoding.decoded(parts[stem]) : ""
        if let id = ResponseID(text) { return id }
        refuse(.noResponse(text), .openAI)
        return nil
    }

    /// Finds the response in the path and goes on with it, or refuses.
    func find(_ then: @escaping (StoredResponse) -> Void) {
        guard let id = responseID else { return }
        edge.responses.find(id, ResponseOwner(of: headers)) { found($0, then) }
    }

    /// Goes on with what a store found, or refuses.
    func found(
        _ outcome: Result<StoredResponse, DialectError>,
        _ then: (StoredResponse) -> Void
    ) {
        switch outcome {
        case .failure(let error): refuse(error, .openAI)
        case .success(let response): then(response)
        }
    }
}

extension QueryItems {
    private func value(_ name: String) -> String? { items.last { $0.name == name }?.value }

    func flag(_ name: String) throws(DialectError) -> Bool {
        switch value(name) {
        case nil, "false": return false
        case "true": return true
        case let text?:
            throw DialectError(
                .invalidRequest,
                "\(name) is \"\(text.prefix(64))\", it must be true or false",
                field: name
            )
        }
    }

    func position(_ name: String) throws(DialectError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let position = Int(text), (0...Int(Int32.max)).contains(position) else {
            throw DialectError(
                .invalidRequest,
                "\(name) is \"\(text.prefix(64))\", it must be the number of an event",
                field: name
            )
        }
        return position
    }
}
