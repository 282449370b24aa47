internal import CZeroMQ

/// What the sockets of one process share: ZeroMQ's I/O thread and the names of its `inproc` endpoints.
///
/// Sockets keep their context alive. It ends when the last of them is closed, and never waits: nothing
/// lingers.
public final class MessagingContext: Sendable {
    /// A context may be used by any thread (zmq_ctx_new(3)); only sockets belong to one.
    nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    /// One I/O thread carries about 1 GB/s; more only help a process with several busy peers on many cores.
    public init(ioThreadCount: Int32 = 1, socketLimit: Int32 = 4096) throws(MessagingError) {
        guard let handle = zmq_ctx_new() else { throw .last("zmq_ctx_new") }
        self.handle = handle
        for (option, value) in [
            (ZMQ_IO_THREADS, ioThreadCount), (ZMQ_MAX_SOCKETS, socketLimit), (ZMQ_BLOCKY, 0),
        ] {
            guard zmq_ctx_set(handle, option, value) == 0 else { throw .last("zmq_ctx_set \(option)") }
        }
    }

    deinit { zmq_ctx_term(handle) }
}
