internal import Contract
internal import Engine
internal import EventLoop
internal import Synchronization
internal import Transformer

/// A lease whose prompt was tokenized, or could not be.
struct PreparedLease: Sendable {
    var lease: Lease
    /// Of the model that it was prepared for.
    var slot: Int
    var outcome: Result<Outcome, Failure>

    enum Outcome: Sendable {
        /// To be generated behind.
        case prompt(PreparedPrompt)
        /// To be read whole.
        case text(TextInput)
        /// Nothing is left to do.
        case answer(PromptAnswer)
    }
}

/// Renders and tokenizes prompts on a thread of its own, so that neither a step nor a heartbeat waits for a
/// long one.
///
/// Bounded by the worker's credit: there is never more in it than the worker may hold.
final class Preparer: Sendable {
    private enum Order: Sendable {
        case prepare(Lease, slot: Int, ServedModel)
        case stop
    }

    private let orders = Mutex<[Order]>([])
    private let bell: Doorbell
    private let thread: Mutex<LoopThread?> = Mutex(nil)

    init(results: Mailbox<PreparedLease>) throws {
        bell = try Doorbell()
        let started = try LoopThread(name: "preparer") { [self] in run(results) }
        thread.withLock { $0 = started }
    }

    /// `slot` is where the result is to be submitted.
    func prepare(_ lease: Lease, slot: Int, _ model: ServedModel) {
        post(.prepare(lease, slot: slot, model))
    }

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
                guard case .prepare(let lease, let slot, let model) = order else { return }
                results.post(
                    PreparedLease(lease: lease, slot: slot, outcome: outcome(of: lease, model))
                )
            }
            if taken.isEmpty { bell.wait() }
        }
    }

    private func outcome(of lease: Lease, _ model: ServedModel) -> Result<PreparedLease.Outcome, Failure> {
        do throws(Failure) {
            let job = lease.submission.job
            if let answer = try model.answer(to: job) { return .success(.answer(answer)) }
            if let reading = model.reading {
                return .success(.text(try reading.input(for: job, model.tokenizer)))
            }
            guard job.task == .generate else {
                throw Failure(
                    .unsupported,
                    "the model \"\(model.name)\" writes text, and makes neither vectors nor scores"
                )
            }
            var prompt = try model.prepare(job)
            prompt.links = prompt.covered(lease.submission.links, of: job.prompt, model.tokenizer)
            return .success(.prompt(prompt))
        } catch {
            return .failure(error)
        }
    }
}
