public import Contract
internal import EventLoop
public import Messaging
internal import Telemetry
internal import Wire

/// The server's end of a link, in messages instead of bytes: frames are decoded, counted when malformed, and
/// answered.
///
/// Nothing that a peer sends gets further than here unless it is a well-formed message. Belongs to the loop's
/// thread.
public final class EnvelopeListener {
    public struct Handlers {
        public var onEnvelope: (NodeID, Envelope) -> Void
        /// A message could not be sent because the peer's connection is gone.
        public var onUnreachable: (NodeID) -> Void

        public init(
            onEnvelope: @escaping (NodeID, Envelope) -> Void,
            onUnreachable: @escaping (NodeID) -> Void
        ) {
            self.onEnvelope = onEnvelope
            self.onUnreachable = onUnreachable
        }
    }

    private let loop: EventLoop
    private let log: Log
    private let epoch: BootEpoch
    private let handlers: Handlers
    private let malformed: Counter
    private var gauge = MalformedGauge()
    private var listener: Listener?

    public init(
        _ environment: PortEnvironment,
        at endpoint: Messaging.Endpoint,
        _ options: LinkOptions,
        _ handlers: Handlers
    ) throws {
        loop = environment.loop
        log = environment.log
        epoch = environment.epoch
        self.handlers = handlers
        malformed = environment.metrics.counter(
            "millrace_malformed_frames_total",
            "Frames of peers that were no messages."
        )
        var inner = Listener.Handlers { [weak self] in self?.take($1, from: $0) }
        inner.onMalformed = { [weak self] in
            self?.complain(FrameError(.malformedFrame, "a message must be one non-empty part"), to: $0)
        }
        inner.onUnreachable = { [weak self] in self?.handlers.onUnreachable($0) }
        listener = try Listener(loop, environment.context, at: endpoint, options, inner)
    }

    /// Where it listens, with the real port where 0 was asked for.
    public var endpoint: Messaging.Endpoint? { listener?.endpoint }

    public func close() {
        listener?.close()
        listener = nil
    }

    public func send(_ envelope: Envelope, to peer: NodeID) {
        let (frame, obstacle) = envelope.frame()
        if let obstacle {
            log.error(
                "a message does not fit into a frame",
                ["peer": LogValue(peer), "reason": LogValue(obstacle)]
            )
        }
        guard let frame else { return }
        switch listener?.send(frame, to: peer) {
        case .queued, nil: break
        case .outboxFull, .unreachable: handlers.onUnreachable(peer)
        }
    }

    private func take(_ bytes: RawSpan, from peer: NodeID) {
        do throws(FrameError) {
            switch try FrameCodec.decode(bytes) {
            case .envelope(let envelope):
                try checkRole(envelope, of: peer)
                handlers.onEnvelope(peer, envelope)
            // It took a number of its link; a heartbeat says as little.
            case .skipped(let header):
                handlers.onEnvelope(peer, Envelope(header: header, message: .heartbeat(Heartbeat())))
            }
        } catch {
            complain(error, to: peer)
        }
    }

    /// Nobody is something else than what its key was given for.
    private func checkRole(_ envelope: Envelope, of peer: NodeID) throws(FrameError) {
        guard case .hello(let hello) = envelope.message, let role = listener?.role(of: peer),
            role.rawValue != hello.role.rawValue
        else { return }
        throw FrameError(
            .malformedFrame,
            "the key is that of a \(role.rawValue), not of a \(hello.role.rawValue)"
        )
    }

    /// Answers a malformed frame, and stops listening to a peer that sends nothing else.
    private func complain(_ error: FrameError, to peer: NodeID) {
        malformed.increment()
        let now = loop.now
        switch gauge.count(peer, at: now) {
        case .answer(let shouldLog):
            if shouldLog { log.warn("malformed frame", ["peer": LogValue(peer), "reason": LogValue(error)]) }
            answer(peer, error.code, error.detail, at: now)
        case .drop(let duration):
            log.warn("too many malformed frames; the peer is ignored for a while", ["peer": LogValue(peer)])
            answer(peer, .peerDropped, "too many malformed frames; ignored for \(duration)", at: now)
            listener?.drop(peer, for: duration)
        }
    }

    /// Whoever sent that may well be gone; its silence is none of the roles' business.
    private func answer(_ peer: NodeID, _ code: ErrorCode, _ detail: String, at now: Instant) {
        let header = LinkHeader(epoch: epoch, sequence: 0, sentAt: now)
        guard
            let frame = try? FrameCodec.encode(
                Envelope(header: header, message: .error(code, detail: detail))
            )
        else {
            return
        }
        _ = listener?.send(frame, to: peer)
    }
}
