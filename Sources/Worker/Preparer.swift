internal import Contract
internal import Engine
internal import EventLoop
internal import Synchronization

/// A lease whose prompt was tokenized, or could not be.
struct PreparedLease: Sendable {
    var lease: Lease
    var model: Int
    var outcome: Result<PreparedPrompt, Failure>
}

/// Renders and tokenizes prompts on a thread of its own, so that neither a step nor a heartbeat waits for a
/// long one.
///
/// Bounded by the worker's credit: there is never more in it than the worker may hold.
final class Preparer: Sendable {
    private enum Order: Sendable {
        case prepare(Lease, model: Int)
        case stop
    }

    private let models: [ServedModel]
    private let orders = Mutex<[Order]>([])
    private let bell: Doorbell
    private let thread: Mutex<LoopThread?> = Mutex(nil)

    init(models: [ServedModel], results: Mailbox<PreparedLease>) throws {
        self.models = models
        bell = try Doorbell()
        let started = try LoopThread(name: "preparer") { [self] in run(results) }
        thread.withLock { $0 = started }
    }

    func prepare(_ lease: Lease, model: Int) { post(.prepare(lease, model: model)) }

    func stop() {
        post(.stop)
        thread.withLock { $0 }?.join()
    }

    private func post(_ order: Order) {
        let wasEmpty = orders.withLock { orders in
            defer { orders.append(order) }
            return orders.isEmpty
        }
        // What was there before has rung, and was not taken yet.
        if wasEmpty { bell.ring() }
    }

    private func run(_ results: Mailbox<PreparedLease>) {
        while true {
            let taken = orders.withLock { orders in
                defer { orders = [] }
                return orders
            }
            for order in taken {
                guard case .prepare(let lease, let model) = order else { return }
                results.post(
                    PreparedLease(lease: lease, model: model, outcome: outcome(of: lease, models[model]))
                )
            }
            if taken.isEmpty { bell.wait() }
        }
    }

    private func outcome(of lease: Lease, _ model: ServedModel) -> Result<PreparedPrompt, Failure> {
        do throws(Failure) {
            return .success(try model.prepare(lease.submission.job))
        } catch {
            return .failure(error)
        }
    }
}
