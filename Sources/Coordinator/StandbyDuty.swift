internal import Contract
internal import EventLoop
internal import Messaging
internal import Ports
internal import Roles

/// The link of a coordinator that stands by to the one that serves, around `StandbyRole`.
///
/// Belongs to the loop's thread.
final class StandbyDuty {
    private let environment: PortEnvironment
    private var role: StandbyRole
    private var dialer: EnvelopeDialer?
    /// True when a term begins, false when it ends.
    private let turn: (Bool) -> Void

    init(
        _ environment: PortEnvironment,
        of first: Messaging.Endpoint,
        turn: @escaping (Bool) -> Void
    ) throws {
        self.environment = environment
        self.turn = turn
        role = StandbyRole(epoch: environment.epoch, at: environment.loop.now)
        dialer = try EnvelopeDialer(
            environment,
            to: first,
            .control,
            EnvelopeDialer.Handlers(
                onEnvelope: { [weak self] envelope in self?.change { $0.receiveFromFirst(envelope, at: $1) }
                },
                onConnected: { [weak self] in self?.change { $0.firstConnected(at: $1) } },
                onConnectionLost: { [weak self] in self?.change { $0.firstDisconnected(at: $1) } },
                onOutboxFull: { [weak self] in self?.change { $0.firstDisconnected(at: $1) } }
            )
        )
    }

    var isServing: Bool { role.isServing }

    /// Somebody says hello here: true if it is to be answered.
    func asked() -> Bool {
        var isAnswered = false
        change { isAnswered = $0.asked(at: $1) }
        return isAnswered
    }

    func tick() { change { $0.tick(at: $1) } }

    func close() { dialer?.close() }

    private func change(_ body: (inout StandbyRole, Instant) -> Void) {
        body(&role, environment.loop.now)
        for effect in role.takeEffects() {
            switch effect {
            case .sendToFirst(let envelope): dialer?.send(envelope)
            case .takeOver: turn(true)
            case .stepDown: turn(false)
            }
        }
    }
}
