internal import Contract
internal import Dialects
internal import Http
internal import ResponseStore
internal import Roles

/// A request for a response: what it builds on is looked up, then it is run like any other.
struct ResponsesRoute: Route {
    var method: String { "POST" }
    var path: String { ResponsesRequest.path }

    func answer(_ context: RouteContext) {
        context.repeatable(.openAI) { context in
            context.understand { request, earlier in
                do throws(DialectError) {
                    try start(request, earlier, context)
                } catch {
                    context.refuse(error, .openAI)
                }
            }
        }
    }

    private func start(
        _ request: ResponsesRequest,
        _ earlier: EarlierResponses,
        _ context: RouteContext
    ) throws(DialectError) {
        let edge = context.edge
        var plan = try request.plan(behind: earlier.conversation, naming: earlier.named)
        let identity = try plan.complete(edge.model(plan.model), for: context)
        guard let reply = plan.response(for: identity) else { return }
        edge.retries.note(plan, of: context)
        let origin = ResponseOrigin(
            owner: ResponseOwner(of: context.headers),
            requestID: context.requestID,
            previous: request.previous
        )
        let run = ResponseRun(edge, reply, plan, origin)
        let headers = edge.limitHeaders(plan)
        if request.isBackground { return begin(run, plan, headers, context, streams: request.streams) }
        edge.responses.add(run)
        if request.isStored {
            edge.responses.ask {
                edge.responses.store.begin(run.row, run.owner, $0)
            } then: { _ in
            }
        }
        if request.streams {
            let headers = context.streamHeaders + headers
            run.follow(context.responder, after: nil, headers: headers, isAsker: true)
        } else {
            run.serve(context.responder, headers: headers)
        }
        edge.start(run, plan.jobs)
    }

    /// One that goes on without its client begins when it is safe in the store.
    private func begin(
        _ run: ResponseRun,
        _ plan: GenerationPlan,
        _ headers: [HttpField],
        _ context: RouteContext,
        streams: Bool
    ) {
        let edge = context.edge
        edge.responses.ask {
            edge.responses.store.begin(run.row, run.owner, $0)
        } then: { outcome in
            if case .failure(let error) = outcome {
                return context.refuse(DialectError(error), .openAI)
            }
            edge.responses.add(run)
            run.queue()
            if streams {
                run.follow(context.responder, after: nil, headers: context.streamHeaders + headers)
            } else {
                var answer = run.transcript.answer(requestID: context.requestID)
                answer.headers += headers
                context.responder.send(answer)
            }
            edge.start(run, plan.jobs)
        }
    }
}

/// How many tokens the same request would have as its prompt.
struct ResponseTokensRoute: Route {
    var method: String { "POST" }
    var path: String { ResponsesRequest.countPath }

    func answer(_ context: RouteContext) {
        context.understand(modelIsOptional: true) { request, earlier in
            do throws(DialectError) {
                var plan = try request.countPlan(behind: earlier.conversation, naming: earlier.named)
                let card = try context.edge.model(plan.model)
                let identity = try plan.complete(card, for: context)
                let writer = plan.writer(for: identity)
                context.edge.run(plan, writer, context.responder, requestID: context.requestID)
            } catch {
                context.refuse(error, .openAI)
            }
        }
    }
}

extension RouteContext {
    var streamHeaders: [HttpField] { Dialect.openAI.streamHeaders(requestID: requestID) }

    /// Reads the body as a request for a response, finds what it builds on, and goes on with both; or refuses
    /// it.
    func understand(
        modelIsOptional: Bool = false,
        _ then: @escaping (ResponsesRequest, EarlierResponses) -> Void
    ) {
        do throws(DialectError) {
            let models = edge.role.models
            let only = modelIsOptional && models.count == 1 ? models.first?.name : nil
            let request = try ResponsesRequest(
                body: self.request.body,
                headers: headers,
                defaultModel: edge.configuration.naming.defaultModel ?? only,
                volatile: edge.configuration.volatile
            )
            _ = try edge.model(request.model)
            guard request.previous != nil || !request.references.isEmpty else {
                return then(request, EarlierResponses())
            }
            let owner = ResponseOwner(of: headers)
            edge.responses.look(
                upTo: request.previous,
                named: request.references,
                owner,
                field: "previous_response_id"
            ) { outcome in
                switch outcome {
                case .failure(let error): refuse(error, .openAI)
                case .success(let earlier): then(request, earlier)
                }
            }
        } catch {
            refuse(error, .openAI)
        }
    }
}
