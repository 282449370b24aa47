internal import CLinux
internal import Glibc
internal import Synchronization

/// A thread that runs `body` and can be joined.
///
/// Swift's own executors are not used for loops and engine steps: they must never wait behind somebody's
/// task.
public final class LoopThread: Sendable {
    private let thread: Mutex<pthread_t?>

    /// Starts at once.
    ///
    /// `name` shows in `top` and debuggers; 15 characters at most.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(EventLoop.SystemError) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let code = pthread_create(&handle, nil, runStart, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw EventLoop.SystemError(call: "pthread_create", code: code)
        }
        thread = Mutex(handle)
    }

    /// Waits for `body` to return; a second call returns at once.
    public func join() {
        let handle = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let handle { pthread_join(handle, nil) }
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// A free function, because a closure given to C from an isolated context would be checked for that
/// isolation.
private func runStart(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    linux_name_thread(start.name)
    start.body()
    return nil
}
