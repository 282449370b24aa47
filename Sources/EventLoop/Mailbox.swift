internal import CLinux
internal import Glibc
internal import Synchronization

/// Hands values from any thread to the thread of one loop, in order; a burst wakes the loop once.
///
/// Unbounded by itself: whoever posts is bounded by credit or by a window of its own, and says where.
public final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var armed = false
    }

    private let state = Mutex(State())
    let descriptor: Int32

    public init() throws(EventLoop.SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw EventLoop.SystemError(call: "eventfd", code: linux_errno()) }
    }

    deinit { close(descriptor) }

    public func post(_ element: Element) { post(contentsOf: CollectionOfOne(element)) }

    public func post(contentsOf elements: some Sequence<Element>) {
        let wake = state.withLock { state in
            state.elements.append(contentsOf: elements)
            defer { state.armed = !state.elements.isEmpty }
            return !state.armed && !state.elements.isEmpty
        }
        guard wake else { return }
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Everything that was posted since the last call.
    func takeAll() -> [Element] {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        return state.withLock { state in
            state.armed = false
            var taken: [Element] = []
            swap(&taken, &state.elements)
            return taken
        }
    }
}
