internal import CZeroMQ

/// What the sockets of one process share: ZeroMQ's I/O thread, the names of its `inproc` endpoints, and the
/// keys that all other links are locked with.
///
/// Sockets keep their context alive. It ends when the last of them is closed, and never waits: nothing
/// lingers.
public final class MessagingContext: Sendable {
    /// A context may be used by any thread (zmq_ctx_new(3)); only sockets belong to one.
    nonisolated(unsafe) let handle: UnsafeMutableRawPointer
    /// Nil: links are open.
    public let keys: FleetKeys?
    private let gatekeeper: Gatekeeper?

    /// With `keys`, only who is on their roster gets through; `refresh` is called about once a second and for
    /// each connection that wants in, on a thread of its own, to bring the roster up to date.
    ///
    /// One I/O thread carries about 1 GB/s; more only help a process with several busy peers on many cores.
    public init(
        keys: FleetKeys? = nil,
        refresh: @escaping @Sendable () -> Void = {},
        ioThreadCount: Int32 = 1,
        socketLimit: Int32 = 4096
    ) throws {
        guard let handle = zmq_ctx_new() else { throw MessagingError.last("zmq_ctx_new") }
        self.handle = handle
        self.keys = keys
        for (option, value) in [
            (ZMQ_IO_THREADS, ioThreadCount), (ZMQ_MAX_SOCKETS, socketLimit), (ZMQ_BLOCKY, 0),
        ] {
            guard zmq_ctx_set(handle, option, value) == 0 else {
                throw MessagingError.last("zmq_ctx_set \(option)")
            }
        }
        gatekeeper = try keys.map { try Gatekeeper(handle, $0.roster, refresh: refresh) }
    }

    deinit {
        zmq_ctx_term(handle)
        gatekeeper?.join()
    }
}
