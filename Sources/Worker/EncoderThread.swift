internal import Contract
internal import Engine
internal import EventLoop
internal import Synchronization
internal import Transformer

/// One encoder on its own thread: whatever waits goes through the model together.
///
/// A text's numbers do not depend on what goes with it, so the batch is as large as comes together. Bounded
/// by the worker's credit.
final class EncoderThread: ModelThread {
    /// Texts of one pass, and tokens of them unless one text has more; else the first would wait for the
    /// last.
    private static let batchLimit = 32
    private static let batchTokens = 4096
    /// What a token may take before a pass counts as slow: nobody can look into one.
    private static let allowance = Duration.milliseconds(20)
    private static let idle = Int64.min

    private struct Inbox {
        var requests: [EncoderRequest] = []
        var isStopping = false
    }

    private let inbox = Mutex(Inbox())
    private let bell: Doorbell
    /// When the pass under way should have ended, in microseconds; `idle` when there is none.
    private let passDue = Atomic<Int64>(EncoderThread.idle)
    private let thread: Mutex<LoopThread?> = Mutex(nil)

    /// Makes the encoder on the new thread, which it never leaves, and waits until it is there.
    init(
        index: Int,
        reports: Mailbox<EngineReport>,
        make: @escaping @Sendable () throws -> Encoder
    ) throws {
        bell = try Doorbell()
        let outcome = try MakingOutcome()
        let started = try LoopThread(name: "encoder-\(index)") { [self] in
            do {
                let encoder = try make()
                outcome.tell(nil)
                serve(encoder, index, reports)
            } catch {
                outcome.tell(error)
            }
        }
        thread.withLock { $0 = started }
        if let error = outcome.wait() { throw error }
    }

    func submit(_ work: ModelWork) {
        guard case .text(let request) = work else { return }
        inbox.withLock { $0.requests.append(request) }
        bell.ring()
    }

    /// Only what still waits: a pass is short.
    func cancel(_ job: JobID, _ attempt: Attempt) {
        inbox.withLock { inbox in
            inbox.requests.removeAll {
                $0.submission.job.id == job && $0.submission.attempt == attempt
            }
        }
    }

    func stop() {
        inbox.withLock { $0.isStopping = true }
        bell.ring()
        thread.withLock { $0 }?.join()
    }

    func stepTime(at now: Instant) -> Duration? {
        let due = passDue.load(ordering: .relaxed)
        return due == Self.idle ? nil : now - Instant(microseconds: due)
    }

    private func serve(_ encoder: Encoder, _ index: Int, _ reports: Mailbox<EngineReport>) {
        var counters = EngineCounters()
        while true {
            let (batch, isStopping) = inbox.withLock { inbox in
                var tokenCount = 0
                let batch = inbox.requests.prefix(Self.batchLimit).prefix { request in
                    tokenCount += request.input.ids.count
                    return tokenCount <= Self.batchTokens || tokenCount == request.input.ids.count
                }
                inbox.requests.removeFirst(batch.count)
                return (Array(batch), inbox.isStopping)
            }
            if isStopping { return }
            guard !batch.isEmpty else {
                passDue.store(Self.idle, ordering: .relaxed)
                bell.wait()
                continue
            }
            let tokenCount = batch.reduce(0) { $0 + $1.input.ids.count }
            let due = EventLoop.monotonicNow() + Self.allowance * tokenCount
            passDue.store(due.microseconds, ordering: .relaxed)
            counters.steps += 1
            counters.promptTokens += UInt64(tokenCount)
            reports.post(EngineReport(slot: index, records: records(of: batch, encoder), counters: counters))
        }
    }

    private func records(of batch: [EncoderRequest], _ encoder: Encoder) -> [TokenRecord] {
        do {
            let numbers = try encoder.numbers(for: batch.map(\.input))
            return zip(batch, numbers).flatMap { request, numbers in
                PromptAnswer(promptTokens: request.input.ids.count, text: VectorText.text(of: numbers))
                    .records(for: request.submission)
            }
        } catch {
            return batch.map { request in
                var record = TokenRecord(
                    job: request.submission.job.id,
                    attempt: request.submission.attempt,
                    position: request.submission.next
                )
                record.end = .failed(Failure(.engineFailed, "the forward pass failed: \(error)"))
                return record
            }
        }
    }
}
