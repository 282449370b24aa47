internal import Contract
internal import Http

/// Holds back requests that come before this edge has been told what the fleet serves.
///
/// A process that has just started has a port before it has a coordinator. Who comes in between waits for
/// that, a second at most, instead of being turned away.
struct EarlyRequests {
    static let patience = Duration.seconds(1)

    /// Nil once requests are let through.
    private var held: [RouteContext]? = []

    /// Whether this one has to wait; questions about the edge itself never do.
    mutating func holds(_ context: RouteContext) -> Bool {
        guard held != nil, context.request.path.hasPrefix("/v1/") else { return false }
        held?.append(context)
        return true
    }

    /// From now on nobody waits; returns those that did and are still there.
    mutating func letThrough() -> [RouteContext] {
        defer { held = nil }
        return (held ?? []).filter { $0.responder.isOpen }
    }
}
