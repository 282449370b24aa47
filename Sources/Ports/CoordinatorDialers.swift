public import Contract
public import Messaging

/// The links to all coordinators that can be asked, of which one is spoken with.
///
/// All stand all the time, so that turning to another costs no dialing. What the others say is not heard: it
/// was said to somebody who has left. Belongs to the loop's thread.
public final class CoordinatorDialers {
    private var dialers: [EnvelopeDialer] = []
    private var place = 0

    public init(
        _ environment: PortEnvironment,
        to endpoints: [Messaging.Endpoint],
        _ handlers: EnvelopeDialer.Handlers
    ) throws {
        for (index, endpoint) in endpoints.enumerated() {
            // Where links are locked, the fleet's list names coordinators in the same order, or others are
            // tried after a while.
            var options = LinkOptions.control
            options.serverPlace = index
            dialers.append(
                try EnvelopeDialer(environment, to: endpoint, options, limited(handlers, to: index))
            )
        }
    }

    public func send(_ envelope: Envelope) { dialers[place].send(envelope) }

    /// Speaks with another one from here on.
    public func turn(to place: Int) { self.place = place }

    public func close() {
        for dialer in dialers { dialer.close() }
    }

    /// The handlers, called only while the `index`-th is spoken with.
    private func limited(_ handlers: EnvelopeDialer.Handlers, to index: Int) -> EnvelopeDialer.Handlers {
        let isCurrent = { [weak self] in self?.place == index }
        var limited = EnvelopeDialer.Handlers(
            onEnvelope: { if isCurrent() { handlers.onEnvelope($0) } },
            onConnected: { if isCurrent() { handlers.onConnected() } },
            onConnectionLost: { if isCurrent() { handlers.onConnectionLost() } },
            onOutboxFull: { if isCurrent() { handlers.onOutboxFull() } }
        )
        limited.onUnsendable = { if isCurrent() { handlers.onUnsendable($0, $1) } }
        return limited
    }
}
