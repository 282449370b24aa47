public import Contract
public import EventLoop
public import Messaging
public import Telemetry
internal import Wire

/// What every port of a process shares.
public struct PortEnvironment {
    public var loop: EventLoop
    public var context: MessagingContext
    /// This process's name and life.
    public var node: NodeID
    public var epoch: BootEpoch
    public var log: Log
    public var metrics: Metrics

    public init(
        loop: EventLoop,
        context: MessagingContext,
        node: NodeID,
        epoch: BootEpoch,
        log: Log,
        metrics: Metrics
    ) {
        self.loop = loop
        self.context = context
        self.node = node
        self.epoch = epoch
        self.log = log
        self.metrics = metrics
    }
}

/// The client's end of a link, in messages instead of bytes.
///
/// Belongs to the loop's thread.
public final class EnvelopeDialer {
    public struct Handlers {
        public var onEnvelope: (Envelope) -> Void
        public var onConnected: () -> Void
        public var onConnectionLost: () -> Void
        /// What was sent may be lost: the peer does not keep up.
        public var onOutboxFull: () -> Void
        /// The message does not fit into a frame, for the reason given, and was not sent.
        public var onUnsendable: (Message, String) -> Void = { _, _ in }

        public init(
            onEnvelope: @escaping (Envelope) -> Void,
            onConnected: @escaping () -> Void,
            onConnectionLost: @escaping () -> Void,
            onOutboxFull: @escaping () -> Void
        ) {
            self.onEnvelope = onEnvelope
            self.onConnected = onConnected
            self.onConnectionLost = onConnectionLost
            self.onOutboxFull = onOutboxFull
        }
    }

    private let log: Log
    private let loop: EventLoop
    private let handlers: Handlers
    private let malformed: Counter
    private var complaints = RateLimit<String>()
    private var dialer: Dialer?

    /// `server` is who has to answer, where links are locked and more than one could.
    public init(
        _ environment: PortEnvironment,
        to endpoint: Messaging.Endpoint,
        of server: NodeID? = nil,
        _ options: LinkOptions,
        _ handlers: Handlers
    ) throws {
        log = environment.log
        loop = environment.loop
        self.handlers = handlers
        malformed = environment.metrics.counter(
            "millrace_malformed_frames_total",
            "Frames of peers that were no messages."
        )
        var inner = Dialer.Handlers { [weak self] in self?.take($0) }
        inner.onConnected = { [weak self] in self?.handlers.onConnected() }
        inner.onConnectionLost = { [weak self] in self?.handlers.onConnectionLost() }
        inner.onMalformed = { [weak self] in self?.complain("a message must be one non-empty part") }
        dialer = try Dialer(
            environment.loop,
            environment.context,
            as: environment.node,
            to: endpoint,
            of: server,
            options,
            inner
        )
    }

    public func close() {
        dialer?.close()
        dialer = nil
    }

    /// While nobody is there, nothing is kept: with a connection comes a hello, which tells everything.
    public func send(_ envelope: Envelope) {
        guard let dialer, dialer.isConnected else { return }
        let (frame, obstacle) = envelope.frame()
        if let frame, dialer.send(frame) == .outboxFull { handlers.onOutboxFull() }
        guard let obstacle else { return }
        log.error("a message does not fit into a frame", ["reason": LogValue(obstacle)])
        handlers.onUnsendable(envelope.message, obstacle.detail)
    }

    private func take(_ bytes: RawSpan) {
        do throws(FrameError) {
            switch try FrameCodec.decode(bytes) {
            case .envelope(let envelope):
                if case .error(let code, let detail) = envelope.message {
                    log.warn(
                        "the peer complains",
                        ["code": LogValue(code.rawValue), "detail": LogValue(detail)]
                    )
                }
                handlers.onEnvelope(envelope)
            case .skipped(let header):
                handlers.onEnvelope(Envelope(header: header, message: .heartbeat(Heartbeat())))
            }
        } catch {
            complain(error.description)
        }
    }

    private func complain(_ reason: String) {
        malformed.increment()
        guard complaints.permit("", at: loop.now) != nil else { return }
        log.warn("malformed frame from the server of this link", ["reason": LogValue(reason)])
    }
}
