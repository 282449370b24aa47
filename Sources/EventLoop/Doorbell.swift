internal import CLinux
internal import Glibc

/// Wakes one sleeping thread.
///
/// A ring that comes before the thread sleeps is kept, so none is missed.
public final class Doorbell: Sendable {
    private let descriptor: Int32

    public init() throws(EventLoop.SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { throw EventLoop.SystemError(call: "eventfd", code: linux_errno()) }
    }

    deinit { close(descriptor) }

    public func ring() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Sleeps until there was a ring since the last call.
    public func wait() {
        var count: UInt64 = 0
        while read(descriptor, &count, 8) < 0, linux_errno() == EINTR {}
    }
}
