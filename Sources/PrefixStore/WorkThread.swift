internal import EventLoop
internal import Synchronization

/// Runs pieces of work one after the other on a thread of its own.
///
/// Unbounded by itself: whoever posts says what may wait.
final class WorkThread: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let bell: Doorbell
    private let thread = Mutex<LoopThread?>(nil)

    /// `prepare` runs first, on the thread.
    init(name: String, prepare: @escaping @Sendable () -> Void = {}) throws(EventLoop.SystemError) {
        bell = try Doorbell()
        let started = try LoopThread(name: name) { [self] in
            prepare()
            run()
        }
        thread.withLock { $0 = started }
    }

    /// False after `stop`: then it never runs.
    func post(_ work: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            if !state.isStopping { state.waiting.append(work) }
            return !state.isStopping
        }
        if isTaken { bell.ring() }
        return isTaken
    }

    /// Returns when all that was posted has run and the thread has ended.
    func stop() {
        state.withLock { $0.isStopping = true }
        bell.ring()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        while true {
            let (work, isStopping) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isStopping)
            }
            for piece in work { piece() }
            if !work.isEmpty { continue }
            if isStopping { return }
            bell.wait()
        }
    }
}
