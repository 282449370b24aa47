internal import Contract
internal import EventLoop

/// Who owns a socket and does something with what comes out of it.
protocol SocketOwner: AnyObject {
    /// Takes one message off the socket; its size in bytes, or nil when there was none.
    func receiveOne() -> Int?
    var hasBacklog: Bool { get }
    /// Sends what has waited; false when nothing could be sent.
    func flush() -> Bool
}

/// Keeps a ZeroMQ socket and the loop in step.
///
/// ZeroMQ's descriptor says that something has happened, not that something is there, and any call on the
/// socket may swallow the signal. Hence: when it is readable, and at the end of every turn in which
/// something was sent, ask for the events and go on until there are none. A busy socket stops after its
/// share and goes on in the next turn.
final class SocketPump {
    private let loop: EventLoop
    private let socket: Socket
    private let descriptor: Int32
    private let framesPerTurn: Int
    private let bytesPerTurn: Int
    private weak var owner: (any SocketOwner)?
    private var isPumping = false
    private var isDeferred = false
    private var isContinued = false

    init(_ loop: EventLoop, _ socket: Socket, _ options: LinkOptions, owner: any SocketOwner) throws {
        self.loop = loop
        self.socket = socket
        self.owner = owner
        framesPerTurn = options.framesPerTurn
        bytesPerTurn = options.bytesPerTurn
        descriptor = try socket.descriptor()
        try loop.watch(descriptor, for: .read) { [weak self] _ in self?.pump() }
        pumpAtEndOfTurn()
    }

    deinit { loop.unwatch(descriptor) }

    /// To be called after every send outside of `flush`.
    func pumpAtEndOfTurn() {
        guard !isDeferred, !isPumping else { return }
        isDeferred = true
        loop.atEndOfTurn { [weak self] in
            self?.isDeferred = false
            self?.pump()
        }
    }

    func pump() {
        // After its share, a socket waits for the next turn whatever else calls for it.
        guard !isPumping, !isContinued, let owner else { return }
        isPumping = true
        defer { isPumping = false }
        var frameCount = 0
        var byteCount = 0
        var isStalled = false
        while socket.isOpen {
            let events = socket.events()
            if events.readable {
                while let size = owner.receiveOne() {
                    frameCount += 1
                    byteCount += size
                    guard frameCount < framesPerTurn, byteCount < bytesPerTurn else {
                        return pumpInNextTurn()
                    }
                }
            } else {
                guard events.writable, owner.hasBacklog, !isStalled else { return }
                // Even a send that fails may swallow the signal of something to read: look once more.
                isStalled = !owner.flush()
            }
        }
    }

    /// By a timer, because work deferred by deferred work would run in this very turn.
    private func pumpInNextTurn() {
        isContinued = true
        loop.schedule(after: .zero) { [weak self] in
            self?.isContinued = false
            self?.pump()
        }
    }
}
