import EventLoop
import Ports
import Synchronization

/// A role on a thread and a loop of its own, inside a process with others.
final class RoleThread: Sendable {
    private enum Order: Sendable {
        case drain(Mailbox<Void>)
        case stop
    }

    private let orders: Mailbox<Order>
    private let thread: LoopThread
    private let failure: StartFailure

    /// Waits until the role stands, and throws what kept it from that.
    init(name: String, make: @escaping @Sendable (EventLoop) throws -> any RoleHost) throws {
        let orders = try Mailbox<Order>()
        let failure = try StartFailure()
        thread = try LoopThread(name: name) {
            do {
                let loop = try EventLoop()
                let host = try make(loop)
                try loop.attach(orders) { orders in
                    for order in orders {
                        switch order {
                        case .drain(let idle): host.drain { idle.post(()) }
                        case .stop: loop.stop()
                        }
                    }
                }
                failure.tell(nil)
                loop.run()
                host.close()
            } catch {
                failure.tell(error)
            }
        }
        self.orders = orders
        self.failure = failure
        if let error = failure.wait() { throw error }
    }

    /// Has the role finish what it took on; posts to `idle` when it has.
    func drain(_ idle: Mailbox<Void>) { orders.post(.drain(idle)) }

    /// Ends the role and waits for its thread.
    func stop() {
        orders.post(.stop)
        thread.join()
    }
}

/// What kept a thread's role from starting, told once to the thread that waits.
private final class StartFailure: Sendable {
    private let error = Mutex<(any Error)?>(nil)
    private let told: Doorbell

    init() throws { told = try Doorbell() }

    func tell(_ error: (any Error)?) {
        self.error.withLock { $0 = error }
        told.ring()
    }

    func wait() -> (any Error)? {
        told.wait()
        return error.withLock { $0 }
    }
}
