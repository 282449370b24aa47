internal import CLinux
internal import Glibc

/// SIGTERM and SIGINT as events of a loop.
///
/// Make it before any other thread is started, so that none of them is interrupted instead.
public final class TerminationSignals {
    private let loop: EventLoop
    private let descriptor: Int32

    public init(_ loop: EventLoop, _ received: @escaping () -> Void) throws(EventLoop.SystemError) {
        self.loop = loop
        descriptor = linux_signal_descriptor()
        guard descriptor >= 0 else { throw EventLoop.SystemError(call: "signalfd", code: linux_errno()) }
        let descriptor = descriptor
        try loop.watch(descriptor, for: .read) { _ in
            while linux_take_signal(descriptor) != 0 { received() }
        }
    }

    deinit {
        loop.unwatch(descriptor)
        close(descriptor)
    }
}
